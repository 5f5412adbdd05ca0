import {
  createDataApiClient,
  DataApiDialect,
  pgDialect,
  type DataApiDialectConfig,
} from '@tenantry/database';
import { openTestDataApi } from '@tenantry/local';
import type { Dialect } from 'kysely';
import { testCluster, type TestCluster } from './test-cluster.ts';

/** The way to PostgreSQL: straight, or through the RDS Data API with its rules and limits, as on AWS. */
export type Over = 'pg' | 'data-api';

/** A role that logs in, and the secret that says so. */
export interface TestLogin {
  readonly username: string;
  readonly password: string;
  readonly secretArn: string;
}

/** Logins to a test's cluster, all over the same way. */
export interface TestLogins {
  /** A dialect that logs in; its sessions are ended by its driver, or by `close` at the latest. */
  dialectFor(login: TestLogin): Dialect;
  /** Forgets a secret. */
  forget(login: TestLogin): void;
  close(): Promise<void>;
}

/** How logins are opened. */
export interface TestLoginsOptions {
  readonly over: Over;
  /** The types of columns, for the Data API. */
  readonly columnTypes: DataApiDialectConfig['columnTypes'];
  /** Over `pg`. @default 2 */
  readonly maxSessionsPerLogin?: number;
}

/** Opens the way to a cluster. */
export async function openTestLogins(
  { postgres }: Pick<TestCluster, 'postgres'>,
  options: TestLoginsOptions,
): Promise<TestLogins> {
  const { maxSessionsPerLogin = 2 } = options;
  if (options.over === 'data-api') return await openDataApiLogins(postgres, options.columnTypes);
  return {
    dialectFor: ({ username, password }) =>
      pgDialect({ ...postgres, user: username, password, maxSessions: maxSessionsPerLogin }),
    forget: () => undefined,
    close: async () => undefined,
  };
}

async function openDataApiLogins(
  postgres: TestCluster['postgres'],
  columnTypes: DataApiDialectConfig['columnTypes'],
): Promise<TestLogins> {
  const secrets = new Map<string, TestLogin>();
  const dataApi = await openTestDataApi({
    postgres,
    readSecret: (secretArn) => secrets.get(secretArn),
  });
  const client = createDataApiClient({
    endpoint: dataApi.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const { resourceArn, database } = testCluster;
  return {
    dialectFor: (login) => {
      secrets.set(login.secretArn, login);
      const driver = { client, resourceArn, database, secretArn: login.secretArn };
      return new DataApiDialect({
        mode: 'postgres',
        driver,
        ...(columnTypes === undefined ? {} : { columnTypes }),
      });
    },
    forget: ({ secretArn }) => void secrets.delete(secretArn),
    close: async () => {
      client.destroy();
      await dataApi.close();
    },
  };
}
