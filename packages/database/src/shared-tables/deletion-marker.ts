import {
  ColumnNode,
  ColumnUpdateNode,
  FromNode,
  OperationNodeTransformer,
  RawNode,
  UpdateQueryNode,
  ValueNode,
  WhenNode,
  type DeleteQueryNode,
  type MergeQueryNode,
  type QueryId,
  type RootOperationNode,
  type WithNode,
} from 'kysely';

/** The column of shared tables that a tenant sets to delete a row. */
export const deletedColumn = 'tenantry_deleted';

/** A query with UPDATEs that mark rows for its DELETEs, with the same rows in RETURNING and the same count; PostgreSQL deletes what is marked. */
export function markDeletions(node: RootOperationNode, queryId: QueryId): RootOperationNode {
  return mayDelete(node) ? marker.transformNode(node, queryId) : node;
}

/** Only a query itself and what it names by `with` can delete. */
function mayDelete(node: RootOperationNode): boolean {
  const { with: named } = node as { readonly with?: WithNode };
  return node.kind === 'DeleteQueryNode' || node.kind === 'MergeQueryNode' || named !== undefined;
}

class DeletionMarker extends OperationNodeTransformer {
  protected override transformDeleteQuery(
    node: DeleteQueryNode,
    queryId?: QueryId,
  ): DeleteQueryNode {
    // The compiler goes by the kind of the node that it finds in the place.
    return super.transformUpdateQuery(toUpdate(node), queryId) as unknown as DeleteQueryNode;
  }

  protected override transformMergeQuery(node: MergeQueryNode, queryId?: QueryId): MergeQueryNode {
    const { whens = [] } = node;
    return super.transformMergeQuery({ ...node, whens: whens.map(markMerged) }, queryId);
  }
}

const marker = new DeletionMarker();

function toUpdate({ from, using, ...rest }: DeleteQueryNode): UpdateQueryNode {
  const others = using?.tables ?? [];
  return {
    ...rest,
    ...UpdateQueryNode.cloneWithUpdates(UpdateQueryNode.create(from.froms), toMark()),
    ...(others.length > 0 && { from: FromNode.create(others) }),
  };
}

function markMerged(when: WhenNode): WhenNode {
  const { result } = when;
  if (result === undefined || !RawNode.is(result)) return when;
  if (result.sqlFragments.join('') !== 'delete') return when;
  const update = UpdateQueryNode.createWithoutTable();
  return WhenNode.cloneWithResult(when, UpdateQueryNode.cloneWithUpdates(update, toMark()));
}

function toMark(): ColumnUpdateNode[] {
  return [
    ColumnUpdateNode.create(ColumnNode.create(deletedColumn), ValueNode.createImmediate(true)),
  ];
}
