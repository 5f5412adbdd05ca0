import { quoteName } from '../quote-name.ts';
import { nameNode, parseTree, type MutableNode } from './mutable-node.ts';
import type { SchemaObjects } from './schema-objects.ts';
import type { StatementText } from './statement-text.ts';

/** The column by which the rows of a shared table belong to a tenant, of type `name`: its login. */
export const tenantColumn = 'tenant';

/** The column that a tenant sets to delete a row: it has no right to DELETE, which would allow it to lock the table for all. */
export const deletedColumn = 'tenantry_deleted';

/** One statement on its way to the form for shared tables. */
export interface Rewriting {
  readonly text: StatementText;
  /** The tree that the changed text must have: each change is made in both, and they are compared at the end. */
  readonly tree: MutableNode;
  readonly objects: SchemaObjects;
  /** Statements to run after it. */
  readonly after: string[];
}

/** The columns of the platform as they are written in a table. */
export const sharedColumnsText = `${tenantColumn} name not null default current_user, ${deletedColumn} boolean`;

/** The trees of what `create table` says in its brackets. */
export async function parseTableElements(elements: string): Promise<readonly unknown[]> {
  const statement = (await parseTree(`create table t (${elements})`))['CreateStmt'] as MutableNode;
  return statement['tableElts'] as unknown[];
}

/** The tenant's column in a list of columns. */
export function tenantNameNode(): MutableNode {
  return nameNode(tenantColumn);
}

/** The tenant's column in a list of an index's columns. */
export function tenantIndexNode(): MutableNode {
  return {
    IndexElem: {
      name: tenantColumn,
      ordering: 'SORTBY_DEFAULT',
      nulls_ordering: 'SORTBY_NULLS_DEFAULT',
    },
  };
}

/** What makes the rows of a table those of their tenants, also for its owner. */
export function secureTable(table: string): string[] {
  const quoted = quoteName(table);
  const isOwn = `${tenantColumn} = current_user`;
  return [
    `alter table ${quoted} enable row level security, force row level security`,
    `create policy tenant_rows on ${quoted} for all to public using (${isOwn}) with check (${isOwn})`,
    // The owner, as which migrations run and nobody can log in, gives new tenants their first rows.
    `create policy new_tenants on ${quoted} for insert to current_user with check (true)`,
  ];
}
