import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
} from 'kysely';
import type { CatalogDb, CatalogSchema } from '@tenantry/tenancy';

/** A host name in the catalog, and whose it is. */
export interface TestRoute {
  readonly host: string;
  readonly id: string;
  readonly slug: string;
  readonly status: 'active' | 'suspended';
  readonly isolation: 'schema' | 'cache' | 'dedicated';
  readonly primaryHost: string;
}

/** A route that a test changes at will. @default - acme at acme.example.com */
export function testRoute(changes: Partial<TestRoute> = {}): TestRoute {
  return {
    host: 'acme.example.com',
    id: 'abcdefghij0123456789',
    slug: 'acme',
    status: 'active',
    isolation: 'schema',
    primaryHost: changes.host ?? 'acme.example.com',
    ...changes,
  };
}

/** A catalog in memory: it counts its queries and can be switched off. */
export interface TestCatalog {
  readonly catalog: CatalogDb;
  readonly state: {
    queries: number;
    isDown: boolean;
    /** Thrown instead of an answer. */
    refusal?: Error;
    routes: readonly TestRoute[];
  };
}

/** A catalog that knows `routes`. */
export function openTestCatalog(routes: readonly TestRoute[] = [testRoute()]): TestCatalog {
  const state: TestCatalog['state'] = { queries: 0, isDown: false, routes };
  const answer = (host: unknown) => state.routes.filter((route) => route.host === host).map(toRow);
  class Driver extends DummyDriver {
    override async acquireConnection() {
      return {
        executeQuery: async ({ parameters }: { readonly parameters: readonly unknown[] }) => {
          state.queries += 1;
          await Promise.resolve();
          if (state.isDown) throw new Error('down');
          if (state.refusal !== undefined) throw state.refusal;
          return { rows: answer(parameters[0]) as never[] };
        },
        streamQuery: () => {
          throw new Error('not here');
        },
      };
    }
  }
  const catalog = new Kysely<CatalogSchema>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new Driver(),
      createQueryCompiler: () => new PostgresQueryCompiler(),
      createIntrospector: (db) => new PostgresIntrospector(db),
    },
  });
  return { state, catalog };
}

function toRow({ host, id, slug, status, isolation, primaryHost }: TestRoute) {
  return {
    host,
    tenant_id: id,
    slug,
    name: slug.toUpperCase(),
    isolation,
    status,
    fields: {},
    secret_arn: isolation === 'cache' ? null : `arn:secret:${id}`,
    pool: null,
    cluster_arn: 'arn:cluster',
    database: 'tenantry',
    primary_host: primaryHost,
  };
}
