import type {
  KyselyPlugin,
  OperationNode,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
  QueryId,
  QueryResult,
  ReturningNode,
  RootOperationNode,
  SelectionNode,
  SelectQueryNode,
  UnknownRow,
} from 'kysely';
import { isSelectAll } from '../data-api/column-scope.ts';
import type { ColumnTypes } from '../data-api/column-types.ts';
import { isAlikeInPool } from './is-alike-in-pool.ts';
import { labelOf, SharedTablesTransformer } from './shared-tables-transformer.ts';

/**
 * Lets queries that were written for a tenant's own tables run on tables that tenants share: targets of ON CONFLICT get the column
 * `tenant`, with which the unique keys begin there, and `selectAll()` and `returningAll()` leave it out.
 */
export class SharedTablesPlugin implements KyselyPlugin {
  readonly #transformer: SharedTablesTransformer;
  /** Queries whose result has the column all the same, because the columns of their tables are not known. */
  readonly #withTenant = new WeakSet<QueryId>();

  /** `columnTypes`: the columns that `selectAll()` stands for; without it the column is taken out of the outermost result only. */
  constructor(columnTypes: ColumnTypes = {}) {
    this.#transformer = new SharedTablesTransformer(columnTypes);
  }

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    if (isAlikeInPool(node)) return node;
    const transformed = this.#transformer.transform(node, queryId);
    if (bringsTenant(transformed)) this.#withTenant.add(queryId);
    return transformed;
  }

  async transformResult({
    result,
    queryId,
  }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    if (!this.#withTenant.has(queryId)) return result;
    return { ...result, rows: result.rows.map(withoutTenant) };
  }
}

function withoutTenant(row: UnknownRow): UnknownRow {
  const rest = { ...row };
  delete rest['tenant'];
  return rest;
}

/** Whether a `*` is left, and no column that the query itself calls `tenant`. */
function bringsTenant(node: OperationNode): boolean {
  const { selections, returning } = node as Partial<SelectQueryNode> & {
    readonly returning?: ReturningNode;
  };
  const all: readonly SelectionNode[] = selections ?? returning?.selections ?? [];
  return (
    all.some(({ selection }) => isSelectAll(selection)) &&
    !all.some(({ selection }) => labelOf(selection) === 'tenant')
  );
}
