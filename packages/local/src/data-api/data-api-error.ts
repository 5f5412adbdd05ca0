/** The errors of the Data API's wire protocol, by name, with their HTTP status. */
const statuses = {
  BadRequestException: 400,
  DatabaseErrorException: 400,
  DatabaseNotFoundException: 404,
  DatabaseResumingException: 400,
  DatabaseUnavailableException: 504,
  InternalServerErrorException: 500,
  InvalidSecretException: 400,
  SecretsErrorException: 400,
  ServiceUnavailableError: 503,
  StatementTimeoutException: 400,
  ThrottlingException: 400,
  TransactionNotFoundException: 404,
  UnknownOperationException: 404,
  UnsupportedResultException: 400,
  ValidationException: 400,
} as const;

/** The name by which a client's SDK makes its error class. */
export type DataApiErrorType = keyof typeof statuses;

/** An answer that is an error: `type` and `status` go on the wire with the message. */
export class DataApiError extends Error {
  override readonly name = 'DataApiError';
  readonly type: DataApiErrorType;
  readonly status: number;

  constructor(type: DataApiErrorType, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.type = type;
    this.status = statuses[type];
  }
}
