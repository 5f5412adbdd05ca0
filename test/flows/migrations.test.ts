import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { MigrationAction, MigrationActions, MigrationAnswer } from '@tenantry/tenancy';
import { startSystem, type LocalSystem } from '../support/local-system.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;

const slugs = ['acme', 'globex', 'initech'];
const last = 'polls/0090_flag';

beforeAll(async () => {
  project = await openDeployedProject();
  await project.writeMigration(
    'polls/0089_flag_table.sql',
    'create table flag (id int primary key, poll_id int);\ninsert into flag select n, n from generate_series(1, 1500) n;\n-- down\ndrop table flag;\n',
  );
  await project.writeMigration(
    `${last}.sql`,
    "alter table flag add column colour text;\nupdate flag set colour = 'red';\nalter table flag alter column colour set not null;\n-- down\nalter table flag drop column colour;\n",
  );
  system = await startSystem({
    assemblyDir: await project.synthesize(),
    dataDir: project.dataDir,
  });
  for (const slug of slugs) await system.createTenant(slug);
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

/** What the function `migrations` answers. */
async function call<Action extends MigrationAction>(
  action: Action,
  input: MigrationActions[Action]['input'],
): Promise<MigrationAnswer<Action>> {
  const name = system.runtime.description.controlFunction.replace(/control$/, 'migrations');
  const answer = await system.runtime.invoke(name, { action, input });
  if (answer.functionError !== undefined) throw new Error(JSON.stringify(answer.payload));
  return answer.payload as MigrationAnswer<Action>;
}

async function ask<Action extends MigrationAction>(
  action: Action,
  input: MigrationActions[Action]['input'],
): Promise<MigrationActions[Action]['result']> {
  const answer = await call(action, input);
  if (!answer.ok) throw new Error(`${answer.error.code} ${answer.error.message}`);
  return answer.result;
}

async function schemaOf(slug: string): Promise<string> {
  const shown = await system.control('show-tenant', { reference: slug });
  if (!shown.ok) throw new Error(shown.error.message);
  return `t_${shown.result.tenant.id}`;
}

async function changeByHand(slug: string, change: string): Promise<void> {
  const schema = await schemaOf(slug);
  await system.admin.transaction().execute(async (trx) => {
    await sql`set local role ${sql.id(schema.replace(/^t_/, 'o_'))}`.execute(trx);
    await sql`set local search_path = ${sql.id(schema)}`.execute(trx);
    await sql.raw(change).execute(trx);
  });
}

async function auditOf(action: string) {
  const { rows } = await sql<{ actor: string; details: Record<string, unknown> }>`
    select actor, details from catalog.audit where action = ${action} order by id`.execute(
    system.admin,
  );
  return rows;
}

const up = { kind: 'up' } as const;
const everyone = { all: true } as const;

test('a schema that was migrated has no findings, and its fingerprint is noted with its version', async () => {
  const scopes = ['shared', 'site', 'tenant'] as const;
  expect(await ask('check-tenants', { selector: { scopes, all: true } })).toEqual({
    checked: 5,
    findings: [],
    more: 0,
  });
  const { rows } = await sql<{ count: string; prints: string }>`
    select cast(count(*) as text) as count, cast(count(distinct fingerprint) as text) as prints from catalog.tenants
    where checked_at > now() - interval '1 minute'`.execute(system.admin);
  expect(rows).toEqual([{ count: '3', prints: '1' }]);
});

test('a plan shows the SQL, the locks, the rows and the risk of each statement, and runs nothing', async () => {
  await system.migrate({ tenants: ['acme'] }, { change: { kind: 'down', steps: 1 } });
  const { plan } = await ask('plan-tenant', { reference: 'acme', change: up });
  expect(plan).toMatchObject({ slug: 'acme', from: 'polls/0089_flag_table', to: last });
  const effect = { table: 'flag', rows: 1500 };
  const exclusive = { ...effect, lock: 'ACCESS EXCLUSIVE' };
  expect(plan.migrations).toEqual([
    {
      id: last,
      form: 'transaction',
      direction: 'up',
      statements: [
        {
          sql: 'alter table flag add column colour text',
          line: 1,
          effects: [{ ...exclusive, cost: 'instant' }],
        },
        {
          sql: "update flag set colour = 'red'",
          line: 2,
          effects: [{ ...effect, lock: 'ROW EXCLUSIVE', cost: 'rewrite' }],
        },
        {
          sql: 'alter table flag alter column colour set not null',
          line: 3,
          effects: [{ ...exclusive, cost: 'scan' }],
        },
      ],
      risks: [
        expect.objectContaining({ rule: 'lock-then-rewrite', line: 2 }),
        expect.objectContaining({ rule: 'lock-then-rewrite', line: 3 }),
      ],
    },
  ]);
  const { history } = await ask('show-history', { reference: 'acme' });
  expect(history.ledger.map(({ id }) => id)).not.toContain(last);
});

test("a run's plan groups tenants by version and says who goes first, how long it takes and what it costs; nothing is run", async () => {
  const { plan } = await ask('plan-run', { selector: everyone, change: up, pace: {} });
  expect(plan).toMatchObject({
    total: 1,
    current: 2,
    canary: [{ slug: 'acme' }],
    waves: [],
    concurrency: 16,
    maxFailures: 0,
    leftOut: [],
    groups: [{ from: 'polls/0089_flag_table', tenants: 1, migrations: [last] }],
  });
  expect(plan.estimate.seconds).toBeGreaterThan(0);
  expect(plan.estimate.dollars).toBeGreaterThan(0);
  expect(plan.estimate.dollars).toBeLessThan(0.01);
  const back = { kind: 'down', to: 'polls/0089_flag_table' } as const;
  const down = await ask('plan-run', { selector: everyone, change: back, pace: {} });
  expect(down.plan.groups).toContainEqual({
    from: last,
    pool: null,
    tenants: 2,
    migrations: [last],
  });
});

test('after the run nothing is left to plan, and the history names the run', async () => {
  await system.migrate({ tenants: ['acme'] });
  const { plan } = await ask('plan-tenant', { reference: 'acme', change: up });
  expect(plan).toMatchObject({ from: last, to: last, migrations: [] });
  const { history } = await ask('show-history', { reference: 'acme' });
  const row = history.ledger.at(-1);
  expect(row).toMatchObject({ id: last, how: 'applied', run: expect.stringMatching(/^run_/) });
  expect(history.runs.map(({ applied }) => applied)).toEqual([[last], [last]]);
});

test('a run does what its plan said: the same tenants first, the same waves, the same migrations', async () => {
  await system.migrate(everyone, { change: { kind: 'down', steps: 1 } });
  const pace = { canary: 1, waves: [50, 100] } as const;
  const { plan } = await ask('plan-run', { selector: everyone, change: up, pace });
  await system.migrate(everyone, { pace });
  const listed = await system.control('list-runs', { limit: 1 });
  const run = listed.ok ? listed.result.runs[0] : undefined;
  expect(run?.status).toBe('succeeded');
  expect(run?.total).toBe(plan.total);
  expect(run?.waves[0]?.tenants).toEqual(plan.canary.map(({ slug }) => slug));
  expect(run?.waves.slice(1).map(({ total }) => total)).toEqual(plan.waves);
  const items = await system.control('list-run-items', { run: run?.id ?? '' });
  const applied = items.ok ? items.result.items.map((item) => item.applied) : [];
  expect(applied).toEqual([[last], [last], [last]]);
  expect(plan.groups).toEqual([
    { from: 'polls/0089_flag_table', pool: null, tenants: 3, migrations: [last] },
  ]);
});

test('a column that was dropped by hand is named with its tenant', async () => {
  await changeByHand('globex', 'alter table flag drop column poll_id');
  const { checked, findings } = await ask('check-tenants', { selector: everyone });
  expect(checked).toBe(3);
  expect(findings).toEqual([
    expect.objectContaining({
      slug: 'globex',
      object: 'column flag.poll_id',
      difference: 'missing',
      expected: 'integer',
      actual: null,
    }),
  ]);
  await changeByHand('globex', 'alter table flag add column poll_id int');
  expect((await ask('check-tenants', { selector: everyone })).findings).toEqual([]);
});

const mark = { migration: last, reason: 'restored by hand', actor: 'operator' } as const;

test('a mark that does not fit the objects is refused; a forced one is recorded with its reason', async () => {
  const refused = await call('mark-migration', { ...mark, reference: 'globex', as: 'pending' });
  expect(refused).toMatchObject({
    ok: false,
    error: {
      code: 'MIGRATION_MISMATCH',
      message: expect.stringContaining('column flag.colour is unexpected'),
    },
  });
  const forced = { ...mark, reference: 'globex', as: 'pending', force: true } as const;
  expect(await ask('mark-migration', forced)).toEqual({
    pool: null,
    version: 'polls/0089_flag_table',
  });
  const { rows } =
    await sql`select version, migrations_hash from catalog.tenants where slug = 'globex'`.execute(
      system.admin,
    );
  expect(rows).toEqual([{ version: 'polls/0089_flag_table', migrations_hash: null }]);
  expect(await ask('mark-migration', { ...mark, reference: 'globex', as: 'applied' })).toEqual({
    pool: null,
    version: last,
  });
  expect(await auditOf('mark-migration')).toEqual([
    {
      actor: 'operator',
      details: { migration: last, as: 'pending', reason: mark.reason, force: true },
    },
    {
      actor: 'operator',
      details: { migration: last, as: 'applied', reason: mark.reason, force: false },
    },
  ]);
  const { history } = await ask('show-history', { reference: 'globex' });
  expect(history.ledger.at(-1)).toMatchObject({ id: last, how: 'marked', run: null });
  expect((await ask('check-tenants', { selector: { tenants: ['globex'] } })).findings).toEqual([]);
});

test('a migration marked as applied is not run by the next run', async () => {
  await changeByHand('globex', "update flag set colour = 'blue'");
  await system.migrate({ tenants: ['globex'] });
  const { rows } = await sql<{
    colour: string;
  }>`select distinct colour from ${sql.table(`${await schemaOf('globex')}.flag`)}`.execute(
    system.admin,
  );
  expect(rows).toEqual([{ colour: 'blue' }]);
});

test('tables that are already there are taken over as the first migrations whose objects they are', async () => {
  const { history } = await ask('show-history', { reference: 'initech' });
  const ids = history.ledger.map(({ id }) => id);
  await changeByHand('initech', 'alter table flag drop column colour');
  await changeByHand('initech', 'drop table tenantry_ledger');
  const input = { reference: 'initech', reason: 'came from another system', actor: 'operator' };
  const baseline = await ask('baseline-tenant', input);
  expect(baseline).toEqual({ pool: null, recorded: ids.slice(0, -1), version: ids.at(-2) });
  const after = await ask('show-history', { reference: 'initech' });
  expect(after.history.ledger.every(({ how }) => how === 'baseline')).toBe(true);
  expect((await ask('check-tenants', { selector: everyone })).findings).toEqual([]);
  await system.migrate({ tenants: ['initech'] });
  const { rows } = await sql<{
    version: string;
  }>`select version from catalog.tenants where slug = 'initech'`.execute(system.admin);
  expect(rows).toEqual([{ version: last }]);
  expect(await call('baseline-tenant', input)).toMatchObject({
    ok: false,
    error: { code: 'TENANT_INPUT_INVALID', message: expect.stringContaining('has a history') },
  });
  expect(await auditOf('baseline-tenant')).toHaveLength(1);
});

test('tables that no list of first migrations makes are not taken over, and what differs is named', async () => {
  await changeByHand('initech', 'drop table tenantry_ledger');
  await changeByHand('initech', 'create table stray (id int)');
  const input = { reference: 'initech', reason: 'came from another system', actor: 'operator' };
  expect(await call('baseline-tenant', input)).toMatchObject({
    ok: false,
    error: {
      code: 'MIGRATION_MISMATCH',
      message: expect.stringContaining('table stray is unexpected'),
    },
  });
  expect((await ask('show-history', { reference: 'initech' })).history.ledger).toEqual([]);
});

test.each([
  [
    'mark-migration',
    { reference: 'acme', migration: last, as: 'gone', reason: 'because', actor: 'x' },
    'as',
  ],
  [
    'mark-migration',
    { reference: 'acme', migration: last, as: 'applied', reason: '', actor: 'x' },
    'reason',
  ],
  ['plan-tenant', { reference: 'acme', change: { kind: 'sideways' } }, 'change'],
  ['nothing', {}, 'action'],
])('input that does not fit is refused by its field: %s %j', async (action, input, field) => {
  const answer = await call(action as 'show-history', input as { reference: string });
  expect(answer).toMatchObject({ ok: false, error: { code: 'TENANT_INPUT_INVALID' } });
  expect(JSON.stringify(answer)).toContain(field);
});

test('a check of nobody is refused, never taken for everybody', async () => {
  expect(await call('check-tenants', { selector: {} })).toMatchObject({
    ok: false,
    error: { code: 'NO_TARGETS_SELECTED' },
  });
});
