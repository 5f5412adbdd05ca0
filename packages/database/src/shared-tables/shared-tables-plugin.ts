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
import { deletedColumn } from './deletion-marker.ts';
import { labelOf, SharedTablesTransformer } from './shared-tables-transformer.ts';

/** The columns of shared tables that are the platform's. */
const platformColumns = ['tenant', deletedColumn] as const;

/**
 * Lets queries that were written for a tenant's own tables run on tables that tenants share: targets of ON CONFLICT get the column
 * `tenant`, with which the unique keys begin there, and `selectAll()` and `returningAll()` leave out what is the
 * platform's. It goes with `sharedTablesDialect`, where the right to DELETE is missing.
 */
export class SharedTablesPlugin implements KyselyPlugin {
  readonly #transformer: SharedTablesTransformer;
  /** Columns of the platform that a query's result has all the same, because the columns of its tables are not known. */
  readonly #brought = new WeakMap<QueryId, readonly string[]>();

  /** `columnTypes`: the columns that `selectAll()` stands for; without it the platform's are taken out of the outermost result only. */
  constructor(columnTypes: ColumnTypes = {}) {
    this.#transformer = new SharedTablesTransformer(columnTypes);
  }

  transformQuery({ node, queryId }: PluginTransformQueryArgs): RootOperationNode {
    if (isAlikeInPool(node)) return node;
    const transformed = this.#transformer.transform(node, queryId);
    const brought = findPlatformColumns(transformed);
    if (brought.length > 0) this.#brought.set(queryId, brought);
    return transformed;
  }

  async transformResult({
    result,
    queryId,
  }: PluginTransformResultArgs): Promise<QueryResult<UnknownRow>> {
    const brought = this.#brought.get(queryId);
    if (brought === undefined) return result;
    return { ...result, rows: result.rows.map((row) => withoutColumns(row, brought)) };
  }
}

function withoutColumns(row: UnknownRow, columns: readonly string[]): UnknownRow {
  const rest = { ...row };
  for (const column of columns) delete rest[column];
  return rest;
}

/** The columns of the platform that a `*` is left for, but those that the query itself calls so. */
function findPlatformColumns(node: OperationNode): readonly string[] {
  const { selections, returning } = node as Partial<SelectQueryNode> & {
    readonly returning?: ReturningNode;
  };
  const all: readonly SelectionNode[] = selections ?? returning?.selections ?? [];
  if (!all.some(({ selection }) => isSelectAll(selection))) return [];
  const labels = all.map(({ selection }) => labelOf(selection));
  return platformColumns.filter((column) => !labels.includes(column));
}
