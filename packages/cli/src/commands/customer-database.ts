import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ControlActions } from '@tenantry/tenancy';
import type { Answers } from '../ask.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { escapeArgument } from '../output/escape-argument.ts';
import { readPassword } from '../read-password.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { bringsDatabase, findPortFault, type DatabaseFlags } from './database-questions.ts';

type Request = ControlActions['create-tenant']['input'];

/** A customer's database in a request, as control takes it. */
export type DatabaseRequest = NonNullable<Request['database']>;

/** Where a customer's database is, and the login that was given for it. */
export interface BroughtDatabase {
  readonly place: Omit<DatabaseRequest, 'adminSecretArn'>;
  readonly user: string;
  readonly password: string;
  /** The file that the authority's certificate was read from. */
  readonly caFile: string | undefined;
}

/** Throws `CliError` USAGE for flags about a customer's database that say something else than the other flags. */
export function assertDatabaseFlags(
  flags: DatabaseFlags & { readonly isolation?: string | undefined },
  provision: boolean,
): void {
  if (!bringsDatabase(flags)) return;
  if (flags.isolation !== undefined && flags.isolation !== 'database') {
    throw usageError('A database is brought along under isolation database only.', [
      '--isolation database',
    ]);
  }
  if (!provision) {
    throw usageError('A customer database is prepared when the tenant is made.', [
      'leave out --no-provision',
    ]);
  }
  const fault = flags.dbPort === undefined ? undefined : findPortFault(flags.dbPort);
  if (fault !== undefined)
    throw usageError(`--db-port: ${fault}, not "${flags.dbPort}".`, ['--db-port 5432']);
}

/** The database that flags and answers say the customer brings along; undefined when they say none. */
export async function findBroughtDatabase(
  given: DatabaseFlags & Answers,
  session: Session,
): Promise<BroughtDatabase | undefined> {
  const { dbHost: host, dbPort: port, dbName: name, dbUser: user } = given;
  if (host === undefined || name === undefined || user === undefined) return undefined;
  const { context } = session;
  const caFile = given.dbTlsCa;
  const tlsCa = caFile === undefined ? undefined : await readCertificate(context.cwd, caFile);
  const place = {
    host,
    ...(port ? { port: Number(port) } : {}),
    name,
    user,
    ...(given.dbTls === undefined ? {} : { tls: given.dbTls }),
    ...(tlsCa === undefined ? {} : { tlsCa }),
    isNew: given.createDatabase === true,
  };
  const usage =
    'printenv DB_PASSWORD | tenantry tenant create SLUG --isolation database ... --db-password-stdin';
  const typed = given['dbPassword'];
  const password = typeof typed === 'string' ? typed : await readPassword(context.stdin, usage);
  return { place, user, password, caFile };
}

/**
 * Runs `fn` with the database as a request names it: its password goes into a secret of the platform and nowhere else. When `fn` fails and
 * no tenant is behind the secret, the secret is deleted again; after Ctrl-C the workflow, which goes on, has it.
 */
export async function withAdminSecret<Result>(
  { place, user, password }: BroughtDatabase,
  { slug, platform }: { readonly slug: string; readonly platform: Platform },
  fn: (database: DatabaseRequest) => Promise<Result>,
): Promise<Result> {
  const { createSecretsClient, deleteSecret, storeAdminSecret } =
    await import('@tenantry/database');
  const secrets = createSecretsClient(platform.place);
  try {
    const login = { username: user, password };
    const adminSecretArn = await storeAdminSecret(secrets, login, platform.stage);
    try {
      return await fn({ ...place, adminSecretArn });
    } catch (error) {
      const isAtWork = error instanceof CliError && error.code === 'INTERRUPTED';
      if (!isAtWork && !(await isInUse(adminSecretArn, slug, platform)))
        await deleteSecret(secrets, adminSecretArn);
      throw error;
    }
  } finally {
    secrets.destroy();
  }
}

async function isInUse(secretArn: string, slug: string, platform: Platform): Promise<boolean> {
  try {
    const { tenant } = await platform.call('show-tenant', { reference: slug });
    return tenant.database?.server?.secretArn === secretArn;
  } catch (error) {
    if (error instanceof CliError && error.code === 'TENANT_NOT_FOUND') return false;
    throw error;
  }
}

/** The flags that say the same as a request; the password is never one of them. */
export function toDatabaseFlags({ place, caFile }: BroughtDatabase): string[] {
  const { host, port, name, user, tls, isNew } = place;
  return [
    `--db-host ${escapeArgument(host)}`,
    ...(port === undefined ? [] : [`--db-port ${port}`]),
    `--db-name ${escapeArgument(name)}`,
    `--db-user ${escapeArgument(user)}`,
    ...(tls === undefined ? [] : [`--db-tls ${tls}`]),
    ...(caFile === undefined ? [] : [`--db-tls-ca ${escapeArgument(caFile)}`]),
    '--db-password-stdin',
    isNew ? '--create-database' : '--no-create-database',
  ];
}

async function readCertificate(cwd: string, file: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    const { code = 'an error' } = error as NodeJS.ErrnoException;
    throw usageError(`--db-tls-ca: "${file}" cannot be read (${code}).`, [
      '--db-tls-ca authority.pem',
    ]);
  }
}

function usageError(message: string, next: readonly string[]): CliError {
  return new CliError('USAGE', message, { exitCode: exitCodes.usage, next });
}
