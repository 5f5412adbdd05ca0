import { describeServer, type PostgresServer } from './customer-database.ts';
import { TenancyError } from './errors.ts';

/** Where somebody tried to get in, and as whom. */
export interface ServerLogin {
  readonly server: Pick<PostgresServer, 'host' | 'port'>;
  readonly user: string;
}

/** Nothing answers at a customer's server, or it cannot be found; `reason` is the network's word for it (`ECONNREFUSED`). */
export class ServerNotReachedError extends TenancyError {
  override readonly name = 'ServerNotReachedError';
  readonly code = 'SERVER_NOT_REACHED';
  readonly host: string;
  readonly port: number;
  readonly reason: string;

  constructor({ server, user }: ServerLogin, reason: string, cause?: unknown) {
    super(
      `Server ${describeServer(server)} was not reached as user "${user}" (${reason}). Check host and port, the user, and that its firewall lets this system in.`,
      { cause, next: `psql -h ${server.host} -p ${server.port} -U ${user} postgres` },
    );
    this.host = server.host;
    this.port = server.port;
    this.reason = reason;
  }
}

/** Why a customer's server would not do what a tenant needs. */
export type ServerRefusal =
  | 'not-postgresql'
  | 'too-old'
  | 'tls'
  | 'login'
  | 'database-exists'
  | 'database-missing'
  | 'right-missing';

/** A customer's server was reached and refused; `refusal` says what, `next` what to do there. */
export class ServerRefusedError extends TenancyError {
  override readonly name = 'ServerRefusedError';
  readonly code = 'SERVER_REFUSED';
  readonly host: string;
  readonly port: number;
  readonly refusal: ServerRefusal;

  constructor(
    { server, user }: ServerLogin,
    refused: { readonly refusal: ServerRefusal; readonly why: string; readonly next: string },
    cause?: unknown,
  ) {
    const { refusal, why, next } = refused;
    // A workflow's history keeps the sentence alone, so it holds the way out as well.
    super(`${describeServer(server)}, user "${user}": ${why}. To mend it: ${next}`, {
      cause,
      next,
    });
    this.host = server.host;
    this.port = server.port;
    this.refusal = refusal;
  }
}
