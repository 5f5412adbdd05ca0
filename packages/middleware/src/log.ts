import { Logger } from '@aws-lambda-powertools/logger';

/** Facts that stand on a log line beside its message. Never put a secret or a request's body here. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Where log lines go; three lines of code make any logger fit. */
export interface Log {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

let lambdaLog: Log | undefined;

/** The log of the running function: one JSON object a line, from the level on that POWERTOOLS_LOG_LEVEL names. */
export function getLambdaLog(): Log {
  lambdaLog ??= toLog(new Logger({ serviceName: 'tenantry' }));
  return lambdaLog;
}

function toLog(logger: Logger): Log {
  return {
    info: (message, fields = {}) => logger.info(message, fields),
    warn: (message, fields = {}) => logger.warn(message, fields),
    error: (message, fields = {}) => logger.error(message, fields),
  };
}

/**
 * A log whose every line carries `context`, such as the tenant's id; a line's own fields cannot replace it. Values of fields that are
 * named like secrets are left out, whatever the log beneath does.
 *
 * @example
 * const log = bindLog(getLambdaLog(), { tenant_id: tenant.id });
 */
export function bindLog(log: Log, context: LogFields): Log {
  const at =
    (level: keyof Log) =>
    (message: string, fields: LogFields = {}) => {
      log[level](message, { ...withoutSecrets(fields), ...context });
    };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

const secretName = /passw|secret$|token$|^authorization$|^cookie$|^body$/i;

function withoutSecrets(fields: LogFields): LogFields {
  const names = Object.keys(fields).filter((name) => secretName.test(name));
  return names.length === 0
    ? fields
    : { ...fields, ...Object.fromEntries(names.map((name) => [name, '[left out]'])) };
}
