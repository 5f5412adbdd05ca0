import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { startLocal, type LocalRuntime, type StartLocalOptions } from '@tenantry/local';
import { pgDialect, sharedTablesDialect, SharedTablesPlugin } from '@tenantry/database';
import type {
  ControlAction,
  ControlActions,
  ControlAnswer,
  TargetSelector,
  TenantView,
} from '@tenantry/tenancy';
import { ownDatabaseOf, parseIsolation, parseTenantId } from '@tenantry/tenancy';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { Kysely } from 'kysely';
import { httpRequest, type HttpRequest, type HttpResponse } from './http-request.ts';
import type { AnyDb } from './open-test-cluster.ts';

/** A finished execution of a state machine. */
export interface FinishedExecution {
  readonly status: string;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
  readonly output?: string | undefined;
}

/** A whole system on this machine, seen from outside. */
export interface LocalSystem {
  readonly runtime: LocalRuntime;
  request(options: Omit<HttpRequest, 'port'>): Promise<HttpResponse>;
  control<Action extends ControlAction>(
    action: Action,
    input: ControlActions[Action]['input'],
  ): Promise<ControlAnswer<Action>>;
  /** Creates a tenant through the state machine and answers it as it then is. */
  createTenant(
    slug: string,
    options?: Partial<ControlActions['create-tenant']['input']>,
  ): Promise<TenantView>;
  /** Starts an action and waits for its execution. Throws when the action is refused. */
  execute(
    action: 'create-tenant' | 'delete-tenant' | 'start-run',
    input: ControlActions[typeof action]['input'],
  ): Promise<FinishedExecution>;
  /** Starts a run that brings tenants up, unless told otherwise, and waits for its execution. */
  migrate(
    selector: TargetSelector,
    options?: Partial<ControlActions['start-run']['input']>,
  ): Promise<FinishedExecution>;
  waitFor(executionArn: string): Promise<FinishedExecution>;
  /** All that the state machine's history keeps of an execution, as text. */
  historyOf(executionArn: string): Promise<string>;
  /** The cluster as its master user. */
  readonly admin: AnyDb;
  close(): Promise<void>;
}

/** Starts a system that is fast and not safe against a power cut. */
export async function startSystem(options: StartLocalOptions): Promise<LocalSystem> {
  const runtime = await startLocal({ durable: false, port: 0, ...options });
  const { region, credentials } = runtime.description;
  const states = new SFNClient({ endpoint: runtime.endpointUrl, region, credentials });
  const { host, port, admin: login } = runtime.postgres;
  const { user, password, database } = login;
  const admin: AnyDb = new Kysely({ dialect: pgDialect({ host, port, database, user, password }) });
  const system: LocalSystem = {
    runtime,
    admin,
    request: async (request) => await httpRequest({ ...request, port: runtime.port }),
    control: async (action, input) => {
      const answer = await runtime.invoke(runtime.description.controlFunction, { action, input });
      if (answer.functionError !== undefined) throw new Error(JSON.stringify(answer.payload));
      return answer.payload as never;
    },
    createTenant: async (slug, more = {}) => {
      const finished = await system.execute('create-tenant', { slug, actor: 'test', ...more });
      if (finished.status !== 'SUCCEEDED')
        throw new Error(`${slug}: ${finished.error} ${finished.cause}`);
      const shown = await system.control('show-tenant', { reference: slug });
      if (!shown.ok) throw new Error(shown.error.message);
      return shown.result.tenant;
    },
    execute: async (action, input) => {
      const answer = await system.control(action, input);
      if (!answer.ok)
        throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
      return await system.waitFor(answer.result.executionArn);
    },
    migrate: async (selector, more = {}) =>
      await system.execute('start-run', {
        selector,
        change: { kind: 'up' },
        pace: {},
        actor: 'test',
        ...more,
      }),
    waitFor: async (executionArn) => {
      for (;;) {
        const { status, error, cause, output } = await states.send(
          new DescribeExecutionCommand({ executionArn }),
        );
        if (status !== 'RUNNING') return { status: status ?? '', error, cause, output };
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    historyOf: async (executionArn) =>
      JSON.stringify(
        (
          await states.send(
            new GetExecutionHistoryCommand({ executionArn, includeExecutionData: true }),
          )
        ).events,
      ),
    close: async () => {
      states.destroy();
      await admin.destroy();
      await runtime.close();
    },
  };
  return system;
}

/** Runs `fn` with a login as the tenant itself, in the database where its tables are unless another one is named. */
export async function openAsTenant<Result>(
  { runtime, control }: LocalSystem,
  slug: string,
  fn: (db: AnyDb) => Promise<Result>,
  elsewhere?: string,
): Promise<Result> {
  const shown = await control('show-tenant', { reference: slug });
  if (!shown.ok) throw new Error(shown.error.message);
  const { username, password } = await readLogin(runtime, `tenant/${shown.result.tenant.id}`);
  const { host, port, admin } = runtime.postgres;
  const { id, isolation, pool } = shown.result.tenant;
  const own = ownDatabaseOf(parseIsolation(isolation), parseTenantId(id));
  const database = elsewhere ?? own ?? admin.database;
  const dialect = pgDialect({ host, port, database, user: username, password });
  const db: AnyDb = new Kysely({
    dialect: pool === null ? dialect : sharedTablesDialect(dialect),
    plugins: pool === null ? [] : [new SharedTablesPlugin()],
  });
  try {
    return await fn(db);
  } finally {
    await db.destroy();
  }
}

/** The login in a secret of the system: `tenant/<id>`, `platform/platform_migrator`. */
export async function readLogin(
  { description, endpointUrl: endpoint }: LocalRuntime,
  name: string,
): Promise<{ readonly username: string; readonly password: string }> {
  const { region, credentials, stage } = description;
  const secrets = new SecretsManagerClient({ endpoint, region, credentials });
  const SecretId = `tenantry/${stage}/${name}`;
  const { SecretString = '{}' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  secrets.destroy();
  return JSON.parse(SecretString) as { username: string; password: string };
}
