import {
  DummyDriver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
} from 'kysely';

/** A dialect that runs nothing and hands every compiled query to `record`. A query that wants rows gets none. */
export function recordingDialect(record: (query: CompiledQuery) => void): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createDriver: () => new RecordingDriver(record),
  };
}

class RecordingDriver extends DummyDriver {
  readonly #record: (query: CompiledQuery) => void;

  constructor(record: (query: CompiledQuery) => void) {
    super();
    this.#record = record;
  }

  override async acquireConnection(): Promise<DatabaseConnection> {
    return new RecordingConnection(this.#record);
  }

  override async beginTransaction(): Promise<void> {
    throw new TypeError('a migration runs in the transaction of the engine; do not begin one');
  }
}

class RecordingConnection implements DatabaseConnection {
  readonly #record: (query: CompiledQuery) => void;

  constructor(record: (query: CompiledQuery) => void) {
    this.#record = record;
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    if (query.query.kind === 'SelectQueryNode') {
      throw new TypeError('a migration is compiled once and cannot read data to decide what to do');
    }
    this.#record(query);
    return { rows: [] };
  }

  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new TypeError('a migration cannot stream');
  }
}
