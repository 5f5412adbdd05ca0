import type { Scope } from './compiled-migrations.ts';
import type { ParsedStatement } from './split-statements.ts';

type Node = Readonly<Record<string, unknown>>;

/** Statements that no migration may hold, with the reason to show. */
const refused: Readonly<Record<string, string>> = {
  TransactionStmt: 'begins or ends a transaction; the engine does that',
  VariableSetStmt: 'changes a setting; a migration runs with the settings of the engine',
  CreateRoleStmt: 'creates a role; roles belong to the platform',
  AlterRoleStmt: 'alters a role; roles belong to the platform',
  AlterRoleSetStmt: 'alters a role; roles belong to the platform',
  DropRoleStmt: 'drops a role; roles belong to the platform',
  GrantRoleStmt: 'grants a role; roles belong to the platform',
  AlterOwnerStmt: "changes an owner; all objects belong to the schema's owner role",
  AlterObjectSchemaStmt: 'moves an object to another schema',
  CreateExtensionStmt: 'creates an extension; extensions belong to the platform',
  AlterExtensionStmt: 'alters an extension; extensions belong to the platform',
  CreateSchemaStmt: 'creates a schema; each scope has its one schema',
  CreatedbStmt: 'creates a database',
  DropdbStmt: 'drops a database',
  CopyStmt: 'copies from or to a file or program',
  NotifyStmt: 'notifies; every tenant of the database hears it',
  ListenStmt: 'listens; every tenant of the database can speak on it',
  VacuumStmt: 'cannot run in a transaction',
};

/** Refused only where tenants are. */
const refusedForTenants: Readonly<Record<string, string>> = {
  GrantStmt: 'grants or revokes; what a tenant may do follows from the default privileges',
  AlterDefaultPrivilegesStmt: 'changes default privileges',
  DoStmt: 'runs an anonymous block, which plan and lint cannot see into',
};

/** Why a statement may not be in a migration of this scope, or undefined when it may. */
export function findObjection(statement: ParsedStatement, scope: Scope): string | undefined {
  const kinds = Object.keys(statement.tree as Node);
  for (const kind of kinds) {
    const reason = refused[kind] ?? (scope === 'tenant' ? refusedForTenants[kind] : undefined);
    if (reason !== undefined) return `the statement ${reason}`;
  }
  if (changesOwner(statement.tree as Node)) return `the statement ${refused['AlterOwnerStmt']}`;
  const schema = findForeignSchema(statement.tree);
  return schema === undefined
    ? undefined
    : `names schema "${schema}"; tables carry no schema, they resolve where the migration runs`;
}

function changesOwner(tree: Node): boolean {
  const table = tree['AlterTableStmt'] as { readonly cmds?: readonly Node[] } | undefined;
  return (table?.cmds ?? []).some((command) => {
    const { subtype } = command['AlterTableCmd'] as Node;
    return subtype === 'AT_ChangeOwner';
  });
}

/** Whether a statement says CONCURRENTLY and so cannot run in a transaction. */
export function isConcurrent(tree: unknown): boolean {
  const node = tree as Node;
  const statement = (node['IndexStmt'] ?? node['DropStmt'] ?? node['ReindexStmt']) as
    | Node
    | undefined;
  return statement?.['concurrent'] === true;
}

function findForeignSchema(node: unknown): string | undefined {
  if (Array.isArray(node)) {
    for (const child of node) {
      const found = findForeignSchema(child);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof node !== 'object' || node === null) return undefined;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'schemaname' && typeof value === 'string' && value !== 'pg_catalog') return value;
    const found = findForeignSchema(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
