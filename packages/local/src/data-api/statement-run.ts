import { DatabaseError, type Connection, type Submittable } from 'pg';
import type { BoundStatement } from './bind-parameters.ts';
import { DataApiError } from './data-api-error.ts';

/** How much a statement may return. */
export interface StatementLimits {
  readonly resultBytes: number;
  readonly rowBytes: number;
}

/** A column as PostgreSQL describes it. */
export interface ColumnDescription {
  readonly name: string;
  readonly tableID: number;
  readonly columnID: number;
  readonly dataTypeID: number;
  readonly dataTypeModifier: number;
}

/** What a statement returned, in PostgreSQL's text form. */
export interface StatementResult {
  /** Undefined when the statement returns no rows by its nature. */
  readonly columns: readonly ColumnDescription[] | undefined;
  readonly rows: readonly (readonly (string | null)[])[];
  /** First word of the command tag: SELECT, INSERT, COMMIT, ... */
  readonly command: string;
  readonly affectedRows: number;
}

/** The connection ended with the statement under way: nobody knows whether it took effect. */
export class ConnectionLostError extends Error {
  override readonly name = 'ConnectionLostError';
}

interface WireConnection {
  parse(message: { text: string; types: readonly number[] }): void;
  bind(message: { values: readonly (string | null)[] }): void;
  describe(message: { type: 'P'; name: string }): void;
  execute(message: { portal: string; rows: number }): void;
  sync(): void;
  sendCopyFail(reason: string): void;
  on(event: 'readyForQuery', listener: (message: { status: string }) => void): void;
  off(event: 'readyForQuery', listener: (message: { status: string }) => void): void;
  readonly stream: { cork(): void; uncork(): void };
}

/**
 * One statement on its way through the extended protocol: parsed with explicit types, so several statements in one text are refused
 * and nothing is inferred; without a transaction around it. Rows are counted as they come, and dropped once the limit is passed.
 */
export class StatementRun implements Submittable {
  readonly result: Promise<StatementResult>;
  readonly #statement: BoundStatement;
  readonly #limits: StatementLimits;
  readonly #settle: { resolve(result: StatementResult): void; reject(error: unknown): void };
  #isSent = false;
  #status: string | undefined;
  #error: unknown;
  #columns: readonly ColumnDescription[] | undefined;
  #rows: (string | null)[][] = [];
  #bytes = 0;
  #tag = '';

  constructor(statement: BoundStatement, limits: StatementLimits) {
    this.#statement = statement;
    this.#limits = limits;
    const { promise, resolve, reject } = Promise.withResolvers<StatementResult>();
    this.result = promise;
    this.#settle = { resolve, reject };
  }

  /** Whether the statement left for the server; if not, it cannot have had any effect. */
  get isSent(): boolean {
    return this.#isSent;
  }

  /** The transaction's status after the statement; undefined when the connection ended first. */
  get status(): string | undefined {
    return this.#status;
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as WireConnection;
    const ready = ({ status }: { status: string }) => {
      wire.off('readyForQuery', ready);
      this.#status = status;
      this.#finish();
    };
    wire.on('readyForQuery', ready);
    this.#isSent = true;
    const { text, types, values } = this.#statement;
    wire.stream.cork();
    wire.parse({ text, types });
    wire.bind({ values });
    wire.describe({ type: 'P', name: '' });
    wire.execute({ portal: '', rows: 0 });
    wire.sync();
    wire.stream.uncork();
  }

  connectionEnded(): void {
    this.#error ??= new ConnectionLostError('the connection ended while the statement ran');
    this.#finish();
  }

  handleRowDescription(message: { fields: ColumnDescription[] }): void {
    this.#columns = message.fields;
  }

  handleDataRow(message: { length: number; fields: (string | null)[] }): void {
    // What the message says besides its own length: the number of columns, and a length before each value.
    const bytes = message.length - 4;
    this.#bytes += bytes;
    if (bytes > this.#limits.rowBytes) {
      this.#error ??= tooLarge(
        `Packet for query is too large: a row of the result exceeds the size limit ${this.#limits.rowBytes / 1024} KB.`,
      );
    }
    if (this.#bytes > this.#limits.resultBytes) {
      this.#error ??= tooLarge('The result exceeds the size limit 1 MB.');
    }
    if (this.#error === undefined) this.#rows.push(message.fields);
    else this.#rows = [];
  }

  handleCommandComplete(message: { text: string }): void {
    this.#tag = message.text;
  }

  handleCopyInResponse(connection: Connection): void {
    const wire = connection as unknown as WireConnection;
    wire.sendCopyFail('the Data API has no COPY');
    // The server threw away the first one while it waited for data.
    wire.sync();
  }

  handleCopyData(): void {
    this.#error ??= new DataApiError('BadRequestException', 'The Data API has no COPY.');
  }

  handleError(error: Error): void {
    this.#error = error instanceof DatabaseError ? error : new ConnectionLostError(error.message);
    // Without a connection no readyForQuery follows.
    if (!this.#isSent) this.#finish();
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleReadyForQuery(): void {}

  #finish(): void {
    if (this.#error !== undefined) {
      this.#settle.reject(this.#error);
      return;
    }
    const words = this.#tag.split(' ');
    this.#settle.resolve({
      columns: this.#columns,
      rows: this.#rows,
      command: words[0] ?? '',
      affectedRows: Number(words.at(-1)) || 0,
    });
  }
}

function tooLarge(message: string): DataApiError {
  return new DataApiError('UnsupportedResultException', message);
}
