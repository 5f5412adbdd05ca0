import { hasSqlDetails } from 'libpg-query';
import { unwrap } from '../effects/syntax-tree.ts';
import { isSameTree, parseTree, type MutableNode } from './mutable-node.ts';
import { poolAlterTable, refuseStatistics } from './pool-alter-table.ts';
import { poolFunction } from './pool-function.ts';
import { poolIndex } from './pool-index.ts';
import { poolQueries } from './pool-query.ts';
import { refuse, refuseChange } from './pool-refusal.ts';
import { poolTable } from './pool-table.ts';
import { poolTrigger } from './pool-trigger.ts';
import { poolView } from './pool-view.ts';
import type { Rewriting } from './rewriting.ts';
import type { SchemaObjects } from './schema-objects.ts';
import { changedText, scanStatement } from './statement-text.ts';
import {
  alterSequence,
  createSequence,
  dropObjects,
  refusePolicy,
  renameObject,
} from './track-objects.ts';

/** A statement in the form for tables that tenants share. */
export interface PooledStatement {
  readonly sql: string;
  /** Whether it is about rows, and so is run for each tenant. */
  readonly isPerTenant: boolean;
  /** Statements to run after it, as the owner. */
  readonly after: readonly string[];
}

type Pooler = (statement: MutableNode, rewriting: Rewriting) => Promise<void> | void;

const unchanged: Pooler = () => undefined;

const refused =
  (reason: string): Pooler =>
  () =>
    refuse(reason);

/** Statements about rows. */
const perTenant = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'SelectStmt',
  'CallStmt',
]);

const poolers: Readonly<Record<string, Pooler>> = {
  CreateStmt: poolTable,
  AlterTableStmt: poolAlterTable,
  IndexStmt: poolIndex,
  ViewStmt: poolView,
  CreateFunctionStmt: poolFunction,
  AlterFunctionStmt: poolFunction,
  CreateTrigStmt: poolTrigger,
  CreateSeqStmt: createSequence,
  AlterSeqStmt: alterSequence,
  DropStmt: dropObjects,
  RenameStmt: renameObject,
  InsertStmt: unchanged,
  UpdateStmt: unchanged,
  DeleteStmt: unchanged,
  MergeStmt: unchanged,
  SelectStmt: unchanged,
  CallStmt: unchanged,
  CommentStmt: unchanged,
  CreateEnumStmt: unchanged,
  AlterEnumStmt: unchanged,
  CompositeTypeStmt: unchanged,
  CreateRangeStmt: unchanged,
  AlterTypeStmt: unchanged,
  CreateDomainStmt: unchanged,
  AlterDomainStmt: unchanged,
  CreateStatsStmt: refuseStatistics,
  AlterStatsStmt: refuseStatistics,
  DefineStmt: unchanged,
  CreateCastStmt: unchanged,
  LockStmt: unchanged,
  ReindexStmt: unchanged,
  ConstraintsSetStmt: unchanged,
  TruncateStmt: refused(
    "TRUNCATE empties the table of all tenants, past every policy; say DELETE FROM, which takes each tenant's own rows",
  ),
  CreateTableAsStmt: refused(
    'what is made from a query has no tenant column, no keys and no policy; use CREATE TABLE, then INSERT … SELECT, or a view',
  ),
  RefreshMatViewStmt: refused(
    'a materialized view holds the rows of all tenants without a policy; use a view or a table',
  ),
  RuleStmt: refused(
    "a rule acts with the rights of the tables' owner, past the policies; use a trigger",
  ),
  CreatePolicyStmt: refusePolicy,
  AlterPolicyStmt: refusePolicy,
};

/**
 * The statement as it runs on tables that tenants share; text that needs no change stays byte for byte. Throws `PoolRefusal` with the
 * reason where it cannot run there. `objects` are those that the statements before have made, and learn what this one does.
 */
export async function poolStatement(sql: string, objects: SchemaObjects): Promise<PooledStatement> {
  const tree = await parseTree(sql);
  const rewriting: Rewriting = {
    text: await scanStatement(sql),
    tree,
    objects,
    after: [],
  };
  const [kind, statement] = unwrap(tree) as readonly [string, MutableNode];
  poolQueries(rewriting);
  const pooler =
    poolers[kind] ??
    refused('this kind of statement is not known to keep the rows of tenants apart; use another');
  await pooler(statement, rewriting);
  const changed = changedText(rewriting.text);
  if (changed !== sql && !isSameTree(await parseChanged(changed), tree)) refuseChange();
  return { sql: changed, isPerTenant: perTenant.has(kind), after: rewriting.after };
}

async function parseChanged(sql: string): Promise<unknown> {
  try {
    return await parseTree(sql);
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    return refuseChange();
  }
}
