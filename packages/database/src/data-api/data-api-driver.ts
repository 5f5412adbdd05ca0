import {
  BeginTransactionCommand,
  CommitTransactionCommand,
  ExecuteStatementCommand,
  RollbackTransactionCommand,
  type ExecuteStatementCommandOutput,
  type RDSDataClient,
} from '@aws-sdk/client-rds-data';
import {
  CompiledQuery,
  createQueryId,
  type DatabaseConnection,
  type Driver,
  type QueryCompiler,
  type QueryResult,
  type RawNode,
  type TransactionSettings,
} from 'kysely';
import { DataApiLimitError } from '@tenantry/tenancy';
import { fromField } from './convert-field.ts';
import { toSqlParameter } from './convert-value.ts';
import { findTextColumns, fromTextColumn, type TextColumns } from './result-columns.ts';
import { refuseSessionStatement } from './refuse-session-statement.ts';
import { retryRefused } from './retry-refused.ts';
import { translateError } from './translate-error.ts';

/** Where statements go: a client, the cluster, the database, and the secret that says as whom. */
export interface DataApiTarget {
  readonly client: RDSDataClient;
  readonly secretArn: string;
  readonly resourceArn: string;
  readonly database: string;
  /**
   * Lets a statement go on that takes longer than a call may (45 s), as DDL must; the call fails all the same, and what became of the
   * statement has to be looked up.
   * @default false
   */
  readonly continueAfterTimeout?: boolean;
}

/** Runs Kysely's queries over the Data API. A connection is nothing but the id of the transaction it is in, if any. */
export class DataApiDriver implements Driver {
  readonly #target: DataApiTarget;

  constructor(target: DataApiTarget) {
    this.#target = target;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DataApiConnection> {
    return new DataApiConnection(this.#target);
  }

  async beginTransaction(
    connection: DataApiConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    await connection.begin(settings);
  }

  async commitTransaction(connection: DataApiConnection): Promise<void> {
    await connection.commit();
  }

  async rollbackTransaction(connection: DataApiConnection): Promise<void> {
    await connection.rollback();
  }

  async savepoint(
    connection: DataApiConnection,
    name: string,
    compile: QueryCompiler['compileQuery'],
  ) {
    await connection.executeQuery(compile(savepointNode('savepoint', name), createQueryId()));
  }

  async rollbackToSavepoint(
    connection: DataApiConnection,
    name: string,
    compile: QueryCompiler['compileQuery'],
  ) {
    await connection.executeQuery(
      compile(savepointNode('rollback to savepoint', name), createQueryId()),
    );
  }

  async releaseSavepoint(
    connection: DataApiConnection,
    name: string,
    compile: QueryCompiler['compileQuery'],
  ) {
    await connection.executeQuery(
      compile(savepointNode('release savepoint', name), createQueryId()),
    );
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {}
}

function savepointNode(command: string, name: string): RawNode {
  return {
    kind: 'RawNode',
    sqlFragments: [`${command} `, ''],
    parameters: [{ kind: 'IdentifierNode', name } as never],
  };
}

class DataApiConnection implements DatabaseConnection {
  readonly #target: DataApiTarget;
  #transactionId: string | undefined;

  constructor(target: DataApiTarget) {
    this.#target = target;
  }

  async begin(settings: TransactionSettings): Promise<void> {
    const { client, secretArn, resourceArn, database } = this.#target;
    const where = { secretArn, resourceArn, database };
    const answer = await send(() => client.send(new BeginTransactionCommand(where)));
    this.#transactionId = answer.transactionId;
    const modes = [
      settings.isolationLevel && `isolation level ${settings.isolationLevel}`,
      settings.accessMode,
    ].filter((mode) => mode !== undefined);
    if (modes.length > 0) {
      await this.executeQuery(CompiledQuery.raw(`set transaction ${modes.join(', ')}`));
    }
  }

  async commit(): Promise<void> {
    const ending = this.#endTransaction();
    await send(() => this.#target.client.send(new CommitTransactionCommand(ending)));
  }

  async rollback(): Promise<void> {
    // Kysely rolls back after a commit that failed; by then there is nothing left.
    if (this.#transactionId === undefined) return;
    const ending = this.#endTransaction();
    try {
      await send(() => this.#target.client.send(new RollbackTransactionCommand(ending)));
    } catch (error) {
      // Gone is rolled back; an error here would hide the one that led here.
      if (!(error instanceof Error && error.name === 'TransactionNotFoundException')) throw error;
    }
  }

  async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
    refuseSessionStatement(query.sql, this.#transactionId !== undefined);
    const { client, ...where } = this.#target;
    const output = await send(() =>
      client.send(
        new ExecuteStatementCommand({
          ...where,
          transactionId: this.#transactionId,
          sql: query.sql,
          parameters: query.parameters.map((value, index) =>
            toSqlParameter(`p${index + 1}`, value),
          ),
          includeResultMetadata: true,
          resultSetOptions: { longReturnType: 'STRING', decimalReturnType: 'STRING' },
        }),
      ),
    );
    return toResult<Row>(output, findTextColumns(query));
  }

  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new DataApiLimitError('it cannot stream a result', {
      next: 'page with limit and a condition on the last key',
    });
  }

  // Forgotten before the call, so that not even a failed commit leaves an id that the next statement would use.
  #endTransaction() {
    const transactionId = this.#transactionId;
    this.#transactionId = undefined;
    return {
      resourceArn: this.#target.resourceArn,
      secretArn: this.#target.secretArn,
      transactionId,
    };
  }
}

async function send<Output>(call: () => Promise<Output>): Promise<Output> {
  try {
    return await retryRefused(call);
  } catch (error) {
    throw translateError(error);
  }
}

function toResult<Row>(
  output: ExecuteStatementCommandOutput,
  textColumns: TextColumns | undefined,
): QueryResult<Row> {
  const columns = output.columnMetadata ?? [];
  const rows = (output.records ?? []).map((record) =>
    Object.fromEntries(
      record.map((field, index) => {
        const column = columns[index] ?? {};
        const label = column.label ?? column.name ?? String(index);
        const type = textColumns?.get(label);
        return type === undefined || field.stringValue === undefined
          ? [label, fromField(field, column)]
          : [label, fromTextColumn(field.stringValue, type)];
      }),
    ),
  );
  return {
    rows: rows as Row[],
    ...(output.numberOfRecordsUpdated === undefined || columns.length > 0
      ? { numAffectedRows: BigInt(rows.length) }
      : { numAffectedRows: BigInt(output.numberOfRecordsUpdated) }),
  };
}
