import type {
  CompiledQuery,
  DatabaseConnection,
  Dialect,
  Driver,
  QueryCompiler,
  QueryResult,
} from 'kysely';
import { sqlStateOf, SqlStateError } from '../sql-state.ts';
import { deletedColumn, markDeletions } from './deletion-marker.ts';

/**
 * A dialect for tables that tenants share, on which none has the right to DELETE: `deleteFrom()` marks rows, which PostgreSQL deletes when
 * the statement ends. Where it refuses what no tenant may do, the error's `hint` says what to do instead.
 */
export function sharedTablesDialect(dialect: Dialect): Dialect {
  return {
    createAdapter: () => dialect.createAdapter(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () =>
      override(dialect.createQueryCompiler(), {
        compileQuery: (compiler: QueryCompiler) => (node, queryId) =>
          compiler.compileQuery(markDeletions(node, queryId), queryId),
      }),
    createDriver: () =>
      override(dialect.createDriver(), {
        acquireConnection: (driver: Driver) => async (options) =>
          explainRefusals(await driver.acquireConnection(options)),
      }),
  };
}

/** One for each connection: Kysely tells by the object whether it has met a connection before. */
const explained = new WeakMap<DatabaseConnection, DatabaseConnection>();

function explainRefusals(connection: DatabaseConnection): DatabaseConnection {
  const known = explained.get(connection);
  if (known !== undefined) return known;
  const made = override(connection, {
    executeQuery:
      (inner: DatabaseConnection) =>
      async <Row>(query: CompiledQuery, options?: object): Promise<QueryResult<Row>> => {
        try {
          return await inner.executeQuery<Row>(query, options);
        } catch (error) {
          throw explain(error, query.sql);
        }
      },
  });
  explained.set(connection, made);
  return made;
}

/** An object with some of its methods replaced, and all else as it is: drivers keep what they know of a connection in the object itself. */
function override<Target extends object>(
  target: Target,
  methods: { readonly [Name in keyof Target]?: (inner: Target) => Target[Name] },
): Target {
  return new Proxy(target, {
    get: (inner, name) => {
      const method = methods[name as keyof Target];
      if (method !== undefined) return method(inner);
      const value: unknown = Reflect.get(inner, name, inner);
      return typeof value === 'function' ? (value.bind(inner) as unknown) : value;
    },
  });
}

const hints: readonly { readonly state: string; readonly sql: RegExp; readonly hint: string }[] = [
  {
    state: '42501',
    sql: /\b(delete|merge)\b/i,
    hint: `Tenants share this table, and none may DELETE in all of it: use deleteFrom(), or in SQL UPDATE … SET ${deletedColumn} = true.`,
  },
  {
    state: '42703',
    sql: new RegExp(deletedColumn),
    hint: 'Tenants share this view, and rows are deleted in tables only: use deleteFrom() with the table.',
  },
];

function explain(error: unknown, sql: string): unknown {
  const state = sqlStateOf(error);
  const found = hints.find((one) => one.state === state && one.sql.test(sql));
  if (found === undefined || !(error instanceof Error)) return error;
  return new SqlStateError(error.message, { code: found.state, hint: found.hint, cause: error });
}
