import {
  PostgresQueryCompiler,
  type CommonTableExpressionNode,
  type CompiledQuery,
  type DeleteQueryNode,
  type InsertQueryNode,
  type MergeQueryNode,
  type OperationNode,
  type QueryId,
  type RootOperationNode,
  type SelectQueryNode,
  type UpdateQueryNode,
} from 'kysely';
import { openScope, type ColumnScope } from './column-scope.ts';
import type { ColumnTypes } from './column-types.ts';

/** Compiles for PostgreSQL and knows, at each place of a query, what column names mean there. */
export abstract class ScopedQueryCompiler extends PostgresQueryCompiler {
  readonly #columnTypes: ColumnTypes;
  #scope: ColumnScope | undefined;

  constructor(columnTypes: ColumnTypes) {
    super();
    this.#columnTypes = columnTypes;
  }

  /** What column names mean at the node being visited. */
  protected get scope(): ColumnScope | undefined {
    return this.#scope;
  }

  override compileQuery(node: RootOperationNode, queryId: QueryId): CompiledQuery {
    // Kysely keeps a compiler for many queries, and one that failed to compile leaves its scope behind.
    this.#scope = undefined;
    return super.compileQuery(node, queryId);
  }

  protected override visitSelectQuery(node: SelectQueryNode): void {
    this.#inScope(node, () => super.visitSelectQuery(node));
  }

  protected override visitInsertQuery(node: InsertQueryNode): void {
    // Inside of `merge` it has no table of its own and writes to the one around it.
    if (node.into === undefined) super.visitInsertQuery(node);
    else this.#inScope(node, () => super.visitInsertQuery(node));
  }

  protected override visitUpdateQuery(node: UpdateQueryNode): void {
    if (node.table === undefined) super.visitUpdateQuery(node);
    else this.#inScope(node, () => super.visitUpdateQuery(node));
  }

  protected override visitDeleteQuery(node: DeleteQueryNode): void {
    this.#inScope(node, () => super.visitDeleteQuery(node));
  }

  protected override visitMergeQuery(node: MergeQueryNode): void {
    this.#inScope(node, () => super.visitMergeQuery(node));
  }

  #inScope(query: OperationNode, visit: () => void): void {
    const outer = this.#scope;
    this.#scope = openScope(query, outer, this.#columnTypes);
    visit();
    this.#scope = outer;
  }

  protected override visitCommonTableExpression(node: CommonTableExpressionNode): void {
    const outer = this.#scope;
    this.#scope = outer?.inside.get(node);
    super.visitCommonTableExpression(node);
    this.#scope = outer;
  }
}
