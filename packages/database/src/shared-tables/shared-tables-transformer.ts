import {
  AliasNode,
  ColumnNode,
  OperationNodeTransformer,
  RawNode,
  ReferenceNode,
  SelectionNode,
  TableNode,
  type CommonTableExpressionNode,
  type DeleteQueryNode,
  type InsertQueryNode,
  type MergeQueryNode,
  type OnConflictNode,
  type OperationNode,
  type QueryId,
  type ReturningNode,
  type RootOperationNode,
  type SelectQueryNode,
  type UpdateQueryNode,
} from 'kysely';
import {
  isSelectAll,
  nameOf,
  openScope,
  selectedSources,
  tableOf,
  type ColumnScope,
} from '../data-api/column-scope.ts';
import type { ColumnTypes } from '../data-api/column-types.ts';
import { groupByTenant } from './group-by-tenant.ts';

/** Rewrites queries for tables that have the column `tenant` beside those that the program knows. */
export class SharedTablesTransformer extends OperationNodeTransformer {
  readonly #columnTypes: ColumnTypes;
  #scope: ColumnScope | undefined;

  constructor(columnTypes: ColumnTypes) {
    super();
    this.#columnTypes = columnTypes;
  }

  transform(node: RootOperationNode, queryId: QueryId): RootOperationNode {
    // A query that could not be transformed leaves its scope behind.
    this.#scope = undefined;
    return this.transformNode(node, queryId);
  }

  protected override transformOnConflict(node: OnConflictNode, queryId?: QueryId): OnConflictNode {
    const { columns, indexExpression, ...rest } = super.transformOnConflict(node, queryId);
    return {
      ...rest,
      ...(columns !== undefined && { columns: [ColumnNode.create('tenant'), ...columns] }),
      ...(indexExpression !== undefined && {
        indexExpression: RawNode.create(['"tenant", ', ''], [indexExpression]),
      }),
    };
  }

  protected override transformSelectQuery(
    node: SelectQueryNode,
    queryId?: QueryId,
  ): SelectQueryNode {
    return this.#inScope(node, (scope) => {
      const selections = node.selections && this.#spellOut(node.selections);
      const spelled = { ...node, ...(selections && { selections }) };
      return super.transformSelectQuery(groupByTenant(spelled, scope), queryId);
    });
  }

  protected override transformReturning(node: ReturningNode, queryId?: QueryId): ReturningNode {
    return super.transformReturning(
      { ...node, selections: this.#spellOut(node.selections) },
      queryId,
    );
  }

  protected override transformInsertQuery(
    node: InsertQueryNode,
    queryId?: QueryId,
  ): InsertQueryNode {
    // Inside of `merge` it has no table of its own.
    if (node.into === undefined) return super.transformInsertQuery(node, queryId);
    return this.#inScope(node, () => super.transformInsertQuery(node, queryId));
  }

  protected override transformUpdateQuery(
    node: UpdateQueryNode,
    queryId?: QueryId,
  ): UpdateQueryNode {
    if (node.table === undefined) return super.transformUpdateQuery(node, queryId);
    return this.#inScope(node, () => super.transformUpdateQuery(node, queryId));
  }

  protected override transformDeleteQuery(
    node: DeleteQueryNode,
    queryId?: QueryId,
  ): DeleteQueryNode {
    return this.#inScope(node, () => super.transformDeleteQuery(node, queryId));
  }

  protected override transformMergeQuery(node: MergeQueryNode, queryId?: QueryId): MergeQueryNode {
    return this.#inScope(node, () => super.transformMergeQuery(node, queryId));
  }

  protected override transformCommonTableExpression(
    node: CommonTableExpressionNode,
    queryId?: QueryId,
  ): CommonTableExpressionNode {
    const outer = this.#scope;
    this.#scope = outer?.inside.get(node);
    const transformed = super.transformCommonTableExpression(node, queryId);
    this.#scope = outer;
    return transformed;
  }

  #inScope<Node extends OperationNode>(query: Node, transform: (scope: ColumnScope) => Node): Node {
    const outer = this.#scope;
    const scope = openScope(query, outer, this.#columnTypes);
    this.#scope = scope;
    const transformed = transform(scope);
    this.#scope = outer;
    return transformed;
  }

  #spellOut(selections: readonly SelectionNode[]): readonly SelectionNode[] {
    return selections.flatMap((selection) => this.#columnsOf(selection) ?? selection);
  }

  /** What a `*` stands for; undefined for any other selection, and where not all columns are known. */
  #columnsOf({ selection }: SelectionNode): SelectionNode[] | undefined {
    if (this.#scope === undefined || !isSelectAll(selection)) return undefined;
    const sources = selectedSources(this.#scope, tableOf(selection));
    if (sources.length === 0 || sources.some(({ columns }) => columns === undefined)) {
      return undefined;
    }
    return sources.flatMap(({ alias, columns }) =>
      [...(columns ?? [])].map(([column]) => toSelection(alias, column)),
    );
  }
}

function toSelection(table: string | undefined, column: string): SelectionNode {
  const name = ColumnNode.create(column);
  const place = table === undefined ? undefined : TableNode.create(table);
  return SelectionNode.create(ReferenceNode.create(name, place));
}

/** What the result calls a selection. */
export function labelOf(selection: OperationNode): string | undefined {
  return AliasNode.is(selection) ? nameOf(selection.alias) : nameOf(selection);
}
