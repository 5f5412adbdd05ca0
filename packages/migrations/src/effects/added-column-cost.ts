import type { StatementCost } from './statement-effect.ts';
import { higherCost } from './statement-effect.ts';
import { nodeOf, nodesOf, textOf, visitNodes, type SyntaxNode } from './syntax-tree.ts';

/** Functions that PostgreSQL evaluates once for a default, so that the rows stay as they are. Others may be volatile. */
const stableFunctions = new Set([
  'now',
  'transaction_timestamp',
  'statement_timestamp',
  'timezone',
  'to_timestamp',
  'make_interval',
  'make_date',
  'lower',
  'upper',
  'concat',
  'md5',
  'jsonb_build_object',
  'jsonb_build_array',
  'json_build_object',
  'json_build_array',
]);

const serialTypes = /^(small|big)?serial[248]?$/;

/** What ADD COLUMN costs: a volatile default, an identity or a stored expression is written into every row. */
export function addedColumnCost(column: SyntaxNode): StatementCost {
  const constraints = nodesOf(column['constraints']).map((item) => nodeOf(item['Constraint']));
  const type = nodesOf(nodeOf(column['typeName'])['names']).map(textOf).at(-1) ?? '';
  const hasDefault = constraints.some(({ contype }) => contype === 'CONSTR_DEFAULT');
  return constraints
    .map((constraint) => columnConstraintCost(constraint, hasDefault))
    .reduce(higherCost, serialTypes.test(type) ? 'rewrite' : 'instant');
}

function columnConstraintCost(constraint: SyntaxNode, hasDefault: boolean): StatementCost {
  switch (constraint['contype']) {
    case 'CONSTR_DEFAULT':
      return isVolatile(constraint['raw_expr']) ? 'rewrite' : 'instant';
    case 'CONSTR_IDENTITY':
      return 'rewrite';
    case 'CONSTR_GENERATED':
      return constraint['generated_kind'] === 'v' ? 'instant' : 'rewrite';
    case 'CONSTR_FOREIGN':
      return hasDefault ? 'scan' : 'instant';
    default:
      return constraintCost(constraint);
  }
}

/** What it costs to add a constraint: the rows are checked, or an index is built, unless either is put off or done already. */
export function constraintCost(constraint: SyntaxNode): StatementCost {
  switch (constraint['contype']) {
    case 'CONSTR_CHECK':
    case 'CONSTR_FOREIGN':
    case 'CONSTR_NOTNULL':
      return constraint['skip_validation'] === true || constraint['is_enforced'] === undefined
        ? 'instant'
        : 'scan';
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
      return typeof constraint['indexname'] === 'string' ? 'instant' : 'scan';
    case 'CONSTR_EXCLUSION':
      return 'scan';
    default:
      return 'instant';
  }
}

function isVolatile(expression: unknown): boolean {
  let found = false;
  visitNodes(expression, (kind, node) => {
    if (kind !== 'FuncCall') return;
    const name = nodesOf(node['funcname']).map(textOf).at(-1) ?? '';
    if (!stableFunctions.has(name)) found = true;
  });
  return found;
}
