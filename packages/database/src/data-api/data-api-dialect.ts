import {
  PostgresAdapter,
  PostgresIntrospector,
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
} from 'kysely';
import type { ColumnTypes } from './column-types.ts';
import { DataApiDriver, type DataApiTarget } from './data-api-driver.ts';
import { DataApiQueryCompiler } from './data-api-query-compiler.ts';

/** The shape of `kysely-data-api`'s configuration, so that ours takes its place. */
export interface DataApiDialectConfig {
  readonly mode: 'postgres';
  readonly driver: DataApiTarget;
  /**
   * The types of the columns, from which the casts of values follow. Without it, a string bound for a column of another type than text
   * is refused by PostgreSQL.
   * @default {}
   */
  readonly columnTypes?: ColumnTypes;
}

/**
 * Kysely over the RDS Data API of Aurora PostgreSQL.
 *
 * A paused cluster is waited for. Errors of PostgreSQL are `SqlStateError`; `DatabaseUnavailableError` and `DatabaseTimeoutError` say
 * what the Data API could not do.
 */
export class DataApiDialect implements Dialect {
  readonly #config: DataApiDialectConfig;

  constructor(config: DataApiDialectConfig) {
    this.#config = config;
  }

  createAdapter(): DialectAdapter {
    return new PostgresAdapter();
  }

  createDriver(): Driver {
    return new DataApiDriver(this.#config.driver);
  }

  createQueryCompiler(): QueryCompiler {
    return new DataApiQueryCompiler(this.#config.columnTypes ?? {});
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new PostgresIntrospector(db);
  }
}
