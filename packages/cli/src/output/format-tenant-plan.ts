import type { MigrationRisk, TenantPlanView } from '@tenantry/tenancy';
import { describePool } from './describe-pool.ts';

type PlannedMigration = TenantPlanView['migrations'][number];
type PlannedStatement = PlannedMigration['statements'][number];
type PlannedEffect = PlannedStatement['effects'][number];

const formWords: Readonly<Record<PlannedMigration['form'], string>> = {
  transaction: 'in one transaction',
  concurrent: 'outside of a transaction, each statement by itself',
  batch: 'batch after batch, each in its own transaction',
  program: 'a program, in a transaction of its own',
};

const costWords: Readonly<Record<PlannedEffect['cost'], string>> = {
  instant: 'an instant',
  scan: 'reads every row',
  rewrite: 'writes every row',
};

/** Exactly what would run for one tenant: each statement with its locks and rows, and the dangers. */
export function formatTenantPlan(plan: TenantPlanView): string {
  const { slug, pool, from, to, migrations } = plan;
  const count = migrations.length === 1 ? '1 migration' : `${migrations.length} migrations`;
  const tables = new Set(
    migrations.flatMap(({ statements }) =>
      statements.flatMap(({ effects }) => effects.map(({ table }) => table)),
    ),
  ).size;
  return [
    `Plan · ${slug}${describePool(pool)} · ${from ?? 'nothing'} → ${to ?? 'nothing'} · ${count}`,
    ...migrations.map(formatMigration),
    `Would touch ${tables} ${tables === 1 ? 'table' : 'tables'}. Nothing was run.`,
  ].join('\n\n');
}

/** A danger in a migration: where, what, and what to do instead. */
function formatRisk({ rule, severity, line, message, advice }: MigrationRisk): string {
  const place = line === null ? '' : ` (line ${line})`;
  return `  ! ${severity} ${rule}${place}: ${message}\n    do   ${advice}`;
}

function formatMigration({ id, direction, form, statements, risks }: PlannedMigration): string {
  const back = direction === 'down' ? 'back, ' : '';
  return [
    `${id}    ${back}${formWords[form]}`,
    ...statements.map((statement, index) => formatStatement(statement, index + 1)),
    ...risks.map(formatRisk),
  ].join('\n');
}

function formatStatement({ sql, effects }: PlannedStatement, number: number): string {
  const start = `${String(number).padStart(3)}  `;
  const margin = ' '.repeat(start.length);
  return [
    `${start}${sql.trim().replaceAll('\n', `\n${margin}`)}`,
    ...effects.map((effect) => `${margin}${formatEffect(effect)}`),
  ].join('\n');
}

function formatEffect({ table, lock, cost, rows }: PlannedEffect): string {
  const count = rows === null ? 'not there yet' : `${rows.toLocaleString('en')} rows`;
  return `lock ${lock}, ${costWords[cost]} · ${table}: ${count}`;
}
