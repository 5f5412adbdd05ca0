import { inspect } from 'node:util';
import { DataApiDialect, openCatalogDb, openTenantDb } from '@tenantry/database';
import { toTestEvent } from '@tenantry/local';
import { createTenantResolver, withTenant, type HttpHandler, type Log } from '@tenantry/middleware';
import { hasTables, type TenantRoute } from '@tenantry/tenancy';
import { passwordOf } from '@tenantry/testing';
import { sql, type QueryExecutorProvider } from 'kysely';
import type { Arena } from './arena.ts';
import type { Way } from './roads.ts';

/** What an API answered. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** An API whose one endpoint builds its SQL out of the request, behind everything that stands before a real one. */
export interface VulnerableApi {
  /** Asks for the polls whose question has `text` in it. */
  search(host: string, text: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  /** What was logged since the last time. */
  takeLog(): string;
  close(): Promise<void>;
}

/** Opens it over one of the ways to PostgreSQL. */
export function openVulnerableApi({ cluster, roads }: Arena, way: Way): VulnerableApi {
  const catalog = openCatalogDb(catalogDialect(roads));
  const logged: string[] = [];
  const note: Log['info'] = (message, fields) => {
    logged.push(`${message} ${inspect(fields, { depth: 5 })}`);
  };
  const handler = withTenant<object, object>(
    {
      resolver: createTenantResolver(catalog, { maxLookupsPerSecond: 1_000_000 }),
      open: (route) => openRoute(roads, way, route),
      log: { info: note, warn: note, error: note },
    },
    async (event, { tenancy }) => {
      const text = event.queryStringParameters?.['text'] ?? '';
      const query = `select id, question from poll where question like '%${text}%' order by id`;
      const { rows } = await sql.raw(query).execute(tenancy.db as unknown as QueryExecutorProvider);
      return { statusCode: 200, body: JSON.stringify(rows, toJson) };
    },
  );
  return {
    search: async (host, text, headers = {}) => await ask(handler, { host, text, headers }),
    takeLog: () => logged.splice(0).join('\n'),
    close: async () => await catalog.destroy(),
  };

  function catalogDialect({ client }: Arena['roads']): DataApiDialect {
    const login = {
      role: 'catalog_reader',
      password: passwordOf('catalog_reader'),
      secretArn: 'arn:catalog-reader',
      database: cluster.postgres.database,
    };
    roads.runAs(login);
    const { secretArn, database } = login;
    return new DataApiDialect({
      mode: 'postgres',
      driver: { client, resourceArn, secretArn, database },
    });
  }
}

const resourceArn = 'arn:aws:rds:us-east-1:000000000000:cluster:test';

function openRoute({ client, tenants }: Arena['roads'], way: Way, route: TenantRoute) {
  if (!hasTables(route)) throw new TypeError(`${route.tenant.id} has no tables`);
  const { secretArn, database } = route;
  if (way === 'pg') return tenants.open<object, object>({ secretArn, database });
  const driver = { client, resourceArn, secretArn, database };
  return openTenantDb<object, object>(new DataApiDialect({ mode: 'postgres', driver }));
}

async function ask(
  handler: HttpHandler,
  request: {
    readonly host: string;
    readonly text: string;
    readonly headers: Readonly<Record<string, string>>;
  },
): Promise<Answer> {
  const event = toTestEvent({
    method: 'GET',
    target: `/polls?text=${encodeURIComponent(request.text)}`,
    host: request.host,
    headers: { ...request.headers },
    body: '',
  });
  const context = { awsRequestId: 'x', functionName: 'vulnerable' };
  const { statusCode = 200, body = '' } = await handler(event, context as never);
  return { status: statusCode, body };
}

function toJson(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
