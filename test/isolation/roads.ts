import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type Field,
  type RDSDataClient,
} from '@aws-sdk/client-rds-data';
import {
  createCredentialsCache,
  createDataApiClient,
  DataApiDialect,
  openPgTenants,
  type PgTenants,
} from '@tenantry/database';
import { openTestDataApi } from '@tenantry/local';
import type { AnyDb, TestCluster } from '@tenantry/testing';
import { Kysely, sql } from 'kysely';
import type { CustomerServer } from './customer-server.ts';

/** A role that logs in to a database. */
export interface Login {
  readonly role: string;
  readonly password: string;
  readonly secretArn: string;
  readonly database: string;
  /** The customer's server that the database is on. @default - it is on the cluster */
  readonly at?: CustomerServer;
}

/** Both ways to PostgreSQL. */
export const ways = ['data-api', 'pg'] as const;
export type Way = (typeof ways)[number];

/** Runs statements one after the other, several of them in one transaction, and answers the rows of the last as texts. */
export type Run = (
  statements: readonly string[],
  options?: { readonly undo: boolean },
) => Promise<readonly (readonly string[])[]>;

/** The same over both ways. */
export type RunAs = Readonly<Record<Way, Run>>;

/** The ways of an arena. */
export interface Roads {
  /** Statements with this login: over the Data API by the calls of AWS's own client, over `pg` by the sessions that requests use. */
  runAs(login: Login): RunAs;
  /** The same login as a handler gets it, but for the types. */
  open(login: Login): Readonly<Record<Way, AnyDb>>;
  readonly client: RDSDataClient;
  readonly tenants: PgTenants;
  close(): Promise<void>;
}

const resourceArn = 'arn:aws:rds:us-east-1:000000000000:cluster:test';

/** Opens both ways to a server. */
export async function openRoads({ postgres }: TestCluster): Promise<Roads> {
  const logins = new Map<string, Login>();
  const { host, port } = postgres;
  const dataApi = await openTestDataApi({
    postgres,
    readSecret: (arn) => toCredentials(logins.get(arn)),
  });
  const client = createDataApiClient({
    endpoint: dataApi.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const credentials = createCredentialsCache(async (arn) => {
    const found = toCredentials(logins.get(arn));
    if (found === undefined) throw new TypeError(`no login has the secret ${arn}`);
    return found;
  });
  const pool = { credentials, maxSessions: 40, idleMs: 1000 };
  const tenants = openPgTenants({ host, port, ...pool });
  const atCustomers = new Map<CustomerServer, PgTenants>();
  const tenantsAt = (at: CustomerServer | undefined): PgTenants => {
    if (at === undefined) return tenants;
    const opened = atCustomers.get(at) ?? openPgTenants({ ...at.place, ...pool });
    atCustomers.set(at, opened);
    return opened;
  };
  return {
    client,
    tenants,
    runAs: (login) => {
      logins.set(login.secretArn, login);
      return {
        'data-api': runOverDataApi(client, login),
        pg: runOverPg(tenantsAt(login.at), login),
      };
    },
    open: (login) => {
      logins.set(login.secretArn, login);
      const { secretArn, database, at } = login;
      const driver = { client, resourceArn, secretArn, database };
      return {
        'data-api': new Kysely({ dialect: new DataApiDialect({ mode: 'postgres', driver }) }),
        pg: tenantsAt(at).open({ secretArn, database }).db as unknown as AnyDb,
      };
    },
    close: async () => {
      for (const opened of [tenants, ...atCustomers.values()]) await opened.close();
      client.destroy();
      await dataApi.close();
    },
  };
}

function toCredentials(login: Login | undefined) {
  return login === undefined ? undefined : { username: login.role, password: login.password };
}

class Undo extends Error {}

function runOverPg(tenants: PgTenants, { secretArn, database }: Login): Run {
  const db = tenants.open({ secretArn, database }).db as unknown as AnyDb;
  const runAll = async (on: AnyDb, statements: readonly string[]) => {
    let rows: readonly (readonly string[])[] = [];
    for (const statement of statements) {
      const result = await sql.raw<Record<string, unknown>>(statement).execute(on);
      rows = result.rows.map((row) => Object.values(row).map(toText));
    }
    return rows;
  };
  return async (statements, options) => {
    if (statements.length === 1 && options?.undo !== true) return await runAll(db, statements);
    let rows: readonly (readonly string[])[] = [];
    const work = db.transaction().execute(async (trx) => {
      rows = await runAll(trx, statements);
      if (options?.undo === true) throw new Undo();
    });
    await work.catch((error: unknown) => {
      if (!(error instanceof Undo)) throw error;
    });
    return rows;
  };
}

function runOverDataApi(client: RDSDataClient, { secretArn, database }: Login): Run {
  const where = { resourceArn, secretArn, database };
  const execute = async (statement: string, transactionId?: string) => {
    const { records = [] } = await client.send(
      new ExecuteStatementCommand({ ...where, sql: statement, transactionId }),
    );
    return records.map((row) => row.map(fromField));
  };
  return async (statements, options) => {
    const [only = ''] = statements;
    if (statements.length === 1 && options?.undo !== true) return await execute(only);
    const { transactionId } = await client.send(new BeginTransactionCommand(where));
    const ending = { resourceArn, secretArn, transactionId };
    try {
      let rows: readonly (readonly string[])[] = [];
      for (const statement of statements) rows = await execute(statement, transactionId);
      if (options?.undo !== true) await client.send(new CommitTransactionCommand(ending));
      return rows;
    } finally {
      await client.send(new RollbackTransactionCommand(ending)).catch(ignoreEnded);
    }
  };
}

function ignoreEnded(error: unknown): void {
  if (!(error instanceof Error && error.name === 'TransactionNotFoundException')) throw error;
}

function fromField(field: Field): string {
  if (field.isNull === true) return 'null';
  const [value] = Object.values(field) as unknown[];
  return toText(value);
}

function toText(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'string' ? value : inspectValue(value);
}

function inspectValue(value: unknown): string {
  return typeof value === 'bigint' ? value.toString() : JSON.stringify(value);
}
