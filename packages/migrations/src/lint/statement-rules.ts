import {
  nodeOf,
  nodesOf,
  textOf,
  unwrap,
  visitNodes,
  type SyntaxNode,
} from '../effects/syntax-tree.ts';
import {
  effectsOnExisting,
  type Finding,
  type LintedMigration,
  type LintedStatement,
} from './linted-migration.ts';

/** Finds what is wrong with one statement of a migration. */
export type StatementRule = (
  migration: LintedMigration,
  statement: LintedStatement,
) => readonly Finding[];

/** The rules about single statements. */
export const statementRules: readonly StatementRule[] = [
  dataChangeWithoutBatch,
  notNullWithoutDefault,
  securityDefinerWithoutSearchPath,
  notify,
  setsSearchPath,
  namesSchema,
];

const finding = (
  rule: string,
  { line }: LintedStatement,
  [message, advice]: readonly [message: string, advice: string],
): Finding => ({ rule, line, message, advice });

function dataChangeWithoutBatch(
  migration: LintedMigration,
  statement: LintedStatement,
): readonly Finding[] {
  const [kind] = unwrap(statement.tree);
  if (migration.compiled.form === 'batch' || !/^(Update|Delete|Merge)Stmt$/.test(kind)) return [];
  const changed = effectsOnExisting(migration, statement).find(({ cost }) => cost === 'rewrite');
  if (changed === undefined) return [];
  return [
    finding('data-change-without-batch', statement, [
      `changes the rows of ${changed.table} in one transaction, which holds their locks until the end and leaves as many dead rows`,
      'move it to a file of its own that begins with "-- tenantry: batch" and changes a limited number of rows at a time',
    ]),
  ];
}

function notNullWithoutDefault(
  migration: LintedMigration,
  statement: LintedStatement,
): readonly Finding[] {
  const [kind, node] = unwrap(statement.tree);
  const table = String(nodeOf(node['relation'])['relname']);
  if (kind !== 'AlterTableStmt' || migration.created.has(table)) return [];
  return nodesOf(node['cmds'])
    .map((command) => nodeOf(nodeOf(nodeOf(command['AlterTableCmd'])['def'])['ColumnDef']))
    .filter(isRequired)
    .map((column) =>
      finding('not-null-without-default', statement, [
        `column ${table}.${String(column['colname'])} is NOT NULL and has no default: the statement fails for every tenant that has rows`,
        'give it a constant default, or add it nullable, fill it in batches, then set NOT NULL',
      ]),
    );
}

function isRequired(column: SyntaxNode): boolean {
  const kinds = nodesOf(column['constraints']).map((item) => nodeOf(item['Constraint'])['contype']);
  const isFilled = ['CONSTR_DEFAULT', 'CONSTR_IDENTITY', 'CONSTR_GENERATED'].some((kind) =>
    kinds.includes(kind),
  );
  const type = nodesOf(nodeOf(column['typeName'])['names']).map(textOf).at(-1) ?? '';
  return kinds.includes('CONSTR_NOTNULL') && !isFilled && !type.includes('serial');
}

function securityDefinerWithoutSearchPath(
  _: LintedMigration,
  statement: LintedStatement,
): readonly Finding[] {
  const options = optionsOfFunction(statement.tree);
  const isDefiner = options.some(
    ({ defname, arg }) =>
      defname === 'security' && nodeOf(nodeOf(arg)['Boolean'])['boolval'] === true,
  );
  const hasPath = options.some(
    ({ arg }) => nodeOf(nodeOf(arg)['VariableSetStmt'])['name'] === 'search_path',
  );
  if (!isDefiner || hasPath) return [];
  return [
    finding('security-definer-without-search-path', statement, [
      "a SECURITY DEFINER function runs with its owner's rights and looks names up where the caller says",
      'add SET search_path FROM CURRENT, and grant EXECUTE to those who need it only',
    ]),
  ];
}

function optionsOfFunction(tree: unknown): SyntaxNode[] {
  const [kind, node] = unwrap(tree);
  if (kind !== 'CreateFunctionStmt') return [];
  return nodesOf(node['options']).map((option) => nodeOf(option['DefElem']));
}

/** The body of a function, which only PostgreSQL's own languages understand; empty for other statements. */
function bodyOf(tree: unknown): string {
  const body = optionsOfFunction(tree).find(({ defname }) => defname === 'as');
  const items = nodesOf(nodeOf(nodeOf(body?.['arg'])['List'])['items']);
  return items.map(textOf).join('\n');
}

function notify(_: LintedMigration, statement: LintedStatement): readonly Finding[] {
  const isNotifying =
    /\b(pg_notify\s*\(|notify\s+\w)/i.test(bodyOf(statement.tree)) ||
    callsFunction(statement.tree, 'pg_notify');
  if (!isNotifying) return [];
  return [
    finding('notify', statement, [
      'notifies: every tenant of the database can listen on every channel and hears the payload',
      'write to a table, or send no more than an opaque number',
    ]),
  ];
}

function setsSearchPath(_: LintedMigration, statement: LintedStatement): readonly Finding[] {
  const body = bodyOf(statement.tree);
  const isSetting =
    /\bset_config\s*\(\s*'search_path'|\bset\s+(local\s+|session\s+)?search_path\b/i.test(body) ||
    callsFunction(statement.tree, 'set_config');
  if (!isSetting) return [];
  return [
    finding('sets-search-path', statement, [
      'changes a setting of the session, which goes on with it',
      'name no schema and set none: tables resolve where the migration runs; for a function use SET search_path FROM CURRENT',
    ]),
  ];
}

function namesSchema(_: LintedMigration, statement: LintedStatement): readonly Finding[] {
  const schema = /\b(public|catalog|site|t_[a-z0-9]{16,32})\s*\.\s*\w/.exec(bodyOf(statement.tree));
  if (schema === null) return [];
  return [
    finding('names-schema', statement, [
      `the function's body names schema "${schema[1]}", which is another place for each tenant or none of its own`,
      'leave the schema out and add SET search_path FROM CURRENT',
    ]),
  ];
}

function callsFunction(tree: unknown, name: string): boolean {
  let isCalled = false;
  visitNodes(tree, (kind, node) => {
    if (kind === 'FuncCall' && nodesOf(node['funcname']).map(textOf).at(-1) === name) {
      isCalled = true;
    }
  });
  return isCalled;
}
