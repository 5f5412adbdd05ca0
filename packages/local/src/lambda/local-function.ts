/** A function of the assembly as the local host runs it. */
export interface LocalFunction {
  readonly name: string;
  /** ARN without a version or alias; an ARN with one leads to the same function. */
  readonly arn: string;
  /** Folder of the bundle. */
  readonly codeDir: string;
  /** File and export, `index.handler`. */
  readonly handler: string;
  /** The environment of the template; the child process gets nothing from the parent's. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
  readonly memoryMb: number;
  /** The role that it works as; undefined for one without rights. */
  readonly roleArn?: string | undefined;
}

/** What an invocation came to. With `functionError`, the payload is the error as AWS shapes it. */
export interface InvocationResult {
  readonly payload: unknown;
  readonly functionError?: 'Unhandled';
}

/** An error payload of a function. */
export interface FunctionErrorPayload {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}
