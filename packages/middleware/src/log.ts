/** Facts that stand on a log line beside its message. Never put a secret or a request's body here. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Writes one JSON object a line. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** A log whose every line carries `context`, such as the tenant's id. `write` is where lines go. @default process.stdout */
export function createLog(
  context: LogFields,
  write: (line: string) => void = (line) => process.stdout.write(line),
): Log {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      write(
        `${JSON.stringify({ level, message, time: new Date().toISOString(), ...context, ...fields })}\n`,
      );
    };
  return { info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
}
