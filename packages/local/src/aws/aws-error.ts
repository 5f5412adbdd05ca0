/**
 * An error as an AWS service answers it: `name` is the code that clients switch on (`ResourceNotFoundException`), `status` the
 * HTTP status.
 */
export class AwsError extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}
