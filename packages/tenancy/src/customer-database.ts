import { isIP } from 'node:net';
import { TenantInputError } from './errors.ts';

/** A PostgreSQL server that is reached directly, and how a connection to it is kept private. */
export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  /** `verify`: only over TLS, with a trusted certificate for this host; `off`: in the clear. */
  readonly tls: 'verify' | 'off';
  /** The authority that signed the server's certificate, as PEM. @default - the authorities that everybody trusts */
  readonly tlsCa?: string;
}

/** A database that a customer brings along for one tenant, as it is asked for. */
export interface CustomerDatabase extends PostgresServer {
  readonly name: string;
  /** The login that makes the tenant's roles and schema there, and with `isNew` the database. */
  readonly user: string;
  /** ARN of the secret with that login's password. */
  readonly adminSecretArn: string;
  /** Whether the database is made; else it must be there. */
  readonly isNew: boolean;
}

/** The port of a server that names none. */
export const defaultPostgresPort = 5432;

const longestName = 63;
const longestCa = 64 * 1024;
const serversOwn = ['postgres', 'template0', 'template1', 'rdsadmin'];

/** The customer's database in `value`; throws `TenantInputError` for the first part that does not fit. */
export function parseCustomerDatabase(value: unknown): CustomerDatabase {
  if (typeof value !== 'object' || value === null) {
    throw new TenantInputError('database', 'must be an object with host, name and user');
  }
  const input = value as Readonly<Record<string, unknown>>;
  const host = parseDatabaseHost(input['host']);
  return {
    host,
    port: parsePort(input['port'] ?? defaultPostgresPort),
    ...parseTls(input, host),
    name: parseDatabaseName(input['name']),
    user: parseObjectName('database.user', input['user']),
    adminSecretArn: parseSecretArn(input['adminSecretArn']),
    isNew: parseIsNew(input['isNew']),
  };
}

/** Whether a host is this machine, where nobody else can listen. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** `host:port`, for people. */
export function describeServer({ host, port }: Pick<PostgresServer, 'host' | 'port'>): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function parseDatabaseHost(value: unknown): string {
  const host = typeof value === 'string' ? value.toLowerCase() : '';
  const isName =
    /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)*$/;
  if (isIP(host) === 0 && !isName.test(host)) {
    throw new TenantInputError(
      'database.host',
      'must be a host name or an IP address, without scheme and port: db.example.com',
    );
  }
  return host;
}

function parsePort(value: unknown): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > 65_535) {
    throw new TenantInputError('database.port', 'must be a number from 1 to 65535');
  }
  return value;
}

function parseTls(
  input: Readonly<Record<string, unknown>>,
  host: string,
): Pick<PostgresServer, 'tls' | 'tlsCa'> {
  const tls = input['tls'] ?? (isLoopback(host) ? 'off' : 'verify');
  if (tls !== 'verify' && tls !== 'off') {
    throw new TenantInputError('database.tls', 'must be verify or off');
  }
  const ca = input['tlsCa'];
  if (ca === undefined) return { tls };
  const isCertificate = typeof ca === 'string' && /^-----BEGIN CERTIFICATE-----$/m.test(ca);
  if (!isCertificate || ca.length > longestCa || ca.includes('PRIVATE KEY')) {
    throw new TenantInputError(
      'database.tlsCa',
      'must be certificates as PEM, of at most 64 KB and without a private key',
    );
  }
  if (tls === 'off') {
    throw new TenantInputError('database.tlsCa', 'goes with tls verify, which is off');
  }
  return { tls, tlsCa: ca };
}

function parseDatabaseName(value: unknown): string {
  const name = parseObjectName('database.name', value);
  if (serversOwn.includes(name)) {
    throw new TenantInputError('database.name', `"${name}" is the server's own database`);
  }
  return name;
}

// PostgreSQL cuts a longer name off without a word, so that it would be another one.
function parseObjectName(field: string, value: unknown): string {
  const isText = typeof value === 'string' && value !== '' && !/\p{Cc}/u.test(value);
  if (!isText || Buffer.byteLength(value) > longestName) {
    throw new TenantInputError(
      field,
      `must be text of 1 to ${longestName} bytes without control characters`,
    );
  }
  return value;
}

function parseSecretArn(value: unknown): string {
  if (typeof value !== 'string' || !/^arn:[a-z0-9-]+:secretsmanager:/.test(value)) {
    throw new TenantInputError(
      'database.adminSecretArn',
      'must be the ARN of a secret with user name and password',
    );
  }
  return value;
}

function parseIsNew(value: unknown): boolean {
  if (typeof value !== 'boolean') {
    throw new TenantInputError('database.isNew', 'must be true or false');
  }
  return value;
}
