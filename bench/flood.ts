import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createTenantResolver, withTenant } from '@tenantry/middleware';
import type { CatalogDb, CatalogSchema } from '@tenantry/tenancy';
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import { describeMachine, toTable } from './measure.ts';
import { readOptions } from './read-options.ts';

const { requests } = readOptions('flood');

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapInMegabytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** A catalog without a host in it, which counts how often it is asked. */
function openEmptyCatalog(count: () => void): CatalogDb {
  class Driver extends DummyDriver {
    override async acquireConnection() {
      return {
        executeQuery: async () => {
          count();
          return { rows: [] };
        },
        streamQuery: () => {
          throw new TypeError('the catalog is not streamed');
        },
      };
    }
  }
  return new Kysely<CatalogSchema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new Driver(),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (db) => new PostgresIntrospector(db),
    },
  });
}

function eventAt(host: string): never {
  return {
    rawPath: '/polls',
    rawQueryString: '',
    headers: { host },
    requestContext: { domainName: host, http: { method: 'GET' } },
  } as never;
}

const asked = { count: 0 };
const handler = withTenant(
  {
    resolver: createTenantResolver(openEmptyCatalog(() => (asked.count += 1))),
    open: () => {
      throw new TypeError('no host leads to a tenant');
    },
  },
  async () => ({ statusCode: 200 }),
);

async function flood(count: number): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  for (let number = 0; number < count; number += 1) {
    const host = `h${Math.random().toString(36).slice(2)}.example.com`;
    const { statusCode = 200 } = await handler(eventAt(host), { awsRequestId: 'flood' } as never);
    statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
  }
  return statuses;
}

await flood(5000);
asked.count = 0;
const before = heapInMegabytes();
const startedAt = performance.now();
const statuses = await flood(requests);
const seconds = (performance.now() - startedAt) / 1000;
const after = heapInMegabytes();

console.log(describeMachine());
console.log(
  toTable(
    ['requests', 'answers', 'seconds', 'catalog queries', 'heap before', 'heap after'],
    [
      [
        String(requests),
        [...statuses].map(([status, count]) => `${count} × ${status}`).join(', '),
        seconds.toFixed(1),
        `${asked.count} (${Math.round(asked.count / seconds)} a second)`,
        `${before.toFixed(1)} MB`,
        `${after.toFixed(1)} MB`,
      ],
    ],
  ),
);
