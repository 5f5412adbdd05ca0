import type { ControlActions, RunPlanView, RunView } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { refuse, runAgainst, tenantView } from '../testing/fake-system.ts';
import { runItem, runView, wonkaFailure } from '../testing/run-view.ts';

const started = { executionArn: 'arn:aws:states:r:0:execution:m:up-1', execution: 'up-1' };
const plan: RunPlanView = {
  hash: 'abc',
  total: 126,
  current: 2,
  canary: [{ slug: 'initech', reason: 'smallest' }],
  waves: [13, 112],
  concurrency: 16,
  maxFailures: 2,
  leftOut: [{ name: 'vandelay', reason: 'it is suspended' }],
  groups: [
    { from: 'polls/0001_initial', tenants: 126, pool: null, migrations: ['polls/0002_votes'] },
  ],
  estimate: { seconds: 40, dollars: 0.011 },
};
const failedRun = runView({ status: 'failed', migrated: 2, failed: 1, failures: [wonkaFailure] });
const items = [
  runItem({ slug: 'acme' }),
  runItem({ slug: 'wonka', status: 'failed', applied: [], failure: wonkaFailure }),
];

function answersWith(run: RunView | null) {
  return {
    'start-run': () => started,
    'show-run': () => ({ run }),
    'list-run-items': () => ({ items }),
    'plan-run': () => ({ plan }),
  };
}

function inputOf(
  calls: readonly { readonly action: string; readonly input: unknown }[],
  action: keyof ControlActions,
): unknown {
  return calls.find((call) => call.action === action)?.input;
}

test.each(['migrate up', 'migrate down --steps 1', 'migrate check', 'targets'])(
  '%s without a selector never means all, and names three that do',
  async (command) => {
    const { exitCode, stderr, calls } = await runAgainst({}, command);

    expect(exitCode).toBe(exitCodes.usage);
    expect(stderr).toContain('✕ NO_TENANTS_SELECTED');
    const [word] = command.split(' --');
    for (const selector of ['--all', 'acme globex', '--where plan=pro'])
      expect(stderr).toContain(`tenantry ${word} ${selector}\n`);
    expect(calls).toEqual([]);
  },
);

test('migrate up with names and --all is refused', async () => {
  const { exitCode, calls } = await runAgainst({}, 'migrate up acme --all');

  expect(exitCode).toBe(exitCodes.usage);
  expect(calls).toEqual([]);
});

test('migrate up passes selector, change and pace on, and answers with the run', async () => {
  const answers = answersWith(runView());
  const words =
    'migrate up --where plan=pro,country=DE --behind --exclude umbrella --scope all --to polls/0002_votes --module polls ' +
    '--canary 2 --waves 5%,25%,100% --concurrency 8 --max-failures 2% --on-error continue --pause 1 --wave-pause 60 --yes --json';
  const { exitCode, stdout, stderr, calls } = await runAgainst({ answers }, words);

  expect(exitCode).toBe(exitCodes.ok);
  expect(inputOf(calls, 'start-run')).toEqual({
    selector: {
      scopes: ['shared', 'site', 'tenant'],
      where: { plan: 'pro', country: 'DE' },
      behind: true,
      exclude: ['umbrella'],
    },
    change: { kind: 'up', to: 'polls/0002_votes', module: 'polls' },
    pace: {
      canary: 2,
      waves: [5, 25, 100],
      concurrency: 8,
      maxFailures: '2%',
      onError: 'continue',
      pauseBetweenTenantsSeconds: 1,
      pauseBetweenWavesSeconds: 60,
    },
    actor: 'operator@example.com',
  });
  expect(JSON.parse(stdout)).toEqual({ v: 1, run: runView() });
  expect(stderr).toBe('');
});

test('a single named tenant is brought up without a question', async () => {
  const { exitCode, stdout, stderr, calls } = await runAgainst(
    { answers: answersWith(runView({ total: 1, migrated: 1 })) },
    'migrate up acme',
  );

  expect(exitCode).toBe(exitCodes.ok);
  expect(calls.map(({ action }) => action)).not.toContain('plan-run');
  expect(stderr).toContain('  ✓ acme  polls/0002_votes OK  0.8 s\n');
  expect(stdout).toBe('run1  succeeded in 60.0 s: 1 migrated, 0 failed, 0 skipped of 1\n');
});

test('before many tenants are migrated it is shown what would happen, and asked', async () => {
  const options = { answers: answersWith(runView()), isTerminal: true };
  const no = await runAgainst(options, 'migrate up --all', ['\r']);
  const yes = await runAgainst(options, 'migrate up --all', ['y']);

  expect(no.exitCode).toBe(exitCodes.ok);
  expect(no.stderr).toContain('126 tenants to change, 2 as they would be');
  expect(no.stderr).toContain('canary   initech (smallest)');
  expect(no.stderr).toContain('wave 1   13 tenants   wave 2   112 tenants');
  expect(no.stderr).toContain('in all   about 40 s, about $0.01');
  expect(no.stderr).toContain('left out: vandelay (it is suspended)');
  expect(no.stderr).toContain('Nothing was started.');
  expect(no.calls.map(({ action }) => action)).toEqual(['plan-run']);
  expect(inputOf(yes.calls, 'start-run')).toMatchObject({ selector: { all: true } });
});

test('where nobody can be asked many tenants want --yes', async () => {
  const { exitCode, stderr, calls } = await runAgainst({}, 'migrate up --all');

  expect(exitCode).toBe(exitCodes.inputNeeded);
  expect(stderr).toContain('missing  --yes');
  expect(calls).toEqual([]);
});

test('a run with nothing to do says so', async () => {
  const { exitCode, stdout } = await runAgainst(
    { answers: answersWith(null) },
    'migrate up --all --yes',
  );

  expect(exitCode).toBe(exitCodes.ok);
  expect(stdout).toBe('Nothing is pending.\n');
});

test('some failed tenants end with 5, each with place, SQLSTATE and the failing statement', async () => {
  const { exitCode, stderr } = await runAgainst(
    { answers: answersWith(failedRun), outcome: { status: 'FAILED', error: 'FleetRunFailed' } },
    ['migrate', 'up', '--all', '--yes'],
  );

  expect(exitCode).toBe(exitCodes.someFailed);
  expect(stderr).toContain('✕ wonka  polls/0002_votes, statement 3, line 12 (rolled back)');
  expect(stderr).toContain('    alter table invoice alter column due_on set not null\n');
  expect(stderr).toContain('SQLSTATE 23502  column "due_on" contains null values');
  expect(stderr).toContain('do  tenantry migrate retry run1 ');
  expect(stderr).toContain('do  tenantry migrate undo run1 ');
  expect(stderr.trimEnd().split('\n').at(-1)).toBe('1 of 3 tenants failed: wonka');
});

test('all tenants failed ends with 1', async () => {
  const run = runView({
    ...failedRun,
    total: 1,
    migrated: 0,
  });
  const { exitCode } = await runAgainst(
    { answers: answersWith(run), outcome: { status: 'FAILED', error: 'FleetRunFailed' } },
    ['migrate', 'up', 'wonka'],
  );

  expect(exitCode).toBe(exitCodes.failed);
});

test('a run whose workflow broke is told with the cause', async () => {
  const outcome = { status: 'FAILED', error: 'Sandbox.Timedout', cause: 'timed out' } as const;
  const { exitCode, stderr } = await runAgainst(
    { answers: answersWith(null), outcome },
    'migrate up --all --yes --json',
  );

  expect(exitCode).toBe(exitCodes.failed);
  expect(JSON.parse(stderr)).toMatchObject({
    error: { code: 'RUN_FAILED', why: 'Sandbox.Timedout: timed out' },
  });
});

test('an unknown tenant among the named ones is the one that is told', async () => {
  const answers = {
    'verify-versions': refuse({ code: 'TENANT_NOT_FOUND', message: 'No tenant "acmee".' }),
  };
  const { exitCode, stderr } = await runAgainst(
    { answers, tenants: [tenantView()] },
    'migrate up thor acmee --yes',
  );

  expect(exitCode).toBe(exitCodes.notFound);
  expect(stderr).toContain('No tenant "acmee" in stage local. Did you mean acme?');
  expect(stderr).toContain('tenantry migrate up acme\n');
});

test.each(['migrate up globex', 'migrate down globex --steps 1 --yes', 'migrate status globex'])(
  'an unknown tenant like no other is told to be created first: %s',
  async (command) => {
    const refusal = refuse({ code: 'TENANT_NOT_FOUND', message: 'No tenant "globex".' });
    const answers = {
      'verify-versions': refusal,
      'start-run': refusal,
      'list-targets': refusal,
      'migrate-status': refusal,
    };
    const options = { answers, tenants: [tenantView()] };
    const { exitCode, stderr } = await runAgainst(options, command);

    expect(exitCode).toBe(exitCodes.notFound);
    expect(stderr).toContain('No tenant "globex" in stage local. Create it first.');
    expect(stderr).toContain('tenantry tenant create globex --name NAME --yes\n');
  },
);

test('--dry-run of every fleet command prints what targets prints, byte for byte', async () => {
  const view = {
    total: 3,
    targets: [
      {
        scope: 'tenant',
        name: 'acme',
        tenantId: '0123456789acme',
        status: 'active',
        isolation: 'schema',
        pool: null,
        cluster: 'main',
        version: null,
        host: 'acme.localhost',
      },
    ],
    leftOut: [{ name: 'umbrella', reason: 'excluded' }],
  } as const;
  const answers = { 'list-targets': () => view };
  const selector = '--where plan=pro --exclude umbrella';
  const targets = await runAgainst({ answers }, `targets ${selector}`);

  expect(targets.stdout).toBe(`local · us-east-1 · 1 of 3 tenants

NAME  SCOPE   STATUS  ISOLATION  VERSION  DOMAIN
acme  tenant  active  schema     –        acme.localhost

left out: umbrella (excluded)
`);
  for (const command of ['migrate up', 'migrate down --steps 1', 'run ./x.ts', 'migrate check']) {
    const dry = await runAgainst({ answers }, `${command} ${selector} --dry-run`);
    expect(dry).toEqual(targets);
  }
  expect((await runAgainst({ answers }, `whowill ${selector}`)).stdout).toBe(targets.stdout);
});

test('the events of a run are JSON lines on standard output', async () => {
  const { exitCode, stdout, stderr } = await runAgainst(
    { answers: answersWith(failedRun), outcome: { status: 'FAILED' } },
    'migrate up --all --to polls/0002_votes --yes -o ndjson',
  );
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);

  expect(exitCode).toBe(exitCodes.someFailed);
  expect(stderr).toBe('');
  expect(events).toEqual([
    expect.objectContaining({ v: 1, type: 'run.started', run: 'run1', targets: 3 }),
    expect.objectContaining({
      v: 1,
      type: 'tenant.done',
      run: 'run1',
      tenant: 'acme',
      ms: 812,
      from: 'polls/0001_initial',
      to: 'polls/0002_votes',
    }),
    expect.objectContaining({
      v: 1,
      type: 'tenant.failed',
      run: 'run1',
      tenant: 'wonka',
      retryable: false,
      migration: 'polls/0002_votes',
      statement: 3,
      line: 12,
      sqlstate: '23502',
    }),
    expect.objectContaining({
      v: 1,
      type: 'run.finished',
      done: 2,
      failed: 1,
      skipped: 0,
      ms: 60_000,
    }),
  ]);
});

test('Ctrl-C leaves the run running and says how to watch and how to end it', async () => {
  const controller = new AbortController();
  const answers = {
    ...answersWith(null),
    'show-run': () => {
      controller.abort();
      return { run: runView({ status: 'running', endedAt: null }) };
    },
  };
  const { exitCode, stderr } = await runAgainst(
    { answers, looks: 1, interrupted: controller.signal },
    'migrate up --all --yes',
  );

  expect(exitCode).toBe(exitCodes.interrupted);
  expect(stderr).toContain('tenantry runs watch run1\n');
  expect(stderr).toContain('tenantry runs cancel run1\n');
});

test('a run for later says when it starts, and is not waited for', async () => {
  const startAt = '2099-12-24T22:30:00.000Z';
  const run = runView({ status: 'scheduled', startAt, endedAt: null, migrated: 0 });
  const { exitCode, stdout, stderr, calls } = await runAgainst(
    { answers: answersWith(run), looks: 1 },
    'migrate up --all --at 2099-12-24T22:30:00Z --yes',
  );

  expect(exitCode).toBe(exitCodes.ok);
  expect(inputOf(calls, 'start-run')).toMatchObject({ pace: { startAt } });
  expect(stdout).toContain(`run1  scheduled: starts ${startAt}`);
  expect(stderr).toContain('tenantry runs watch run1');
});

test('--plan of one tenant shows each statement with locks and rows, and starts nothing', async () => {
  const tenantPlan = {
    slug: 'acme',
    schema: 't_acme',
    pool: null,
    from: 'polls/0001_initial',
    to: 'polls/0002_votes',
    migrations: [
      {
        id: 'polls/0002_votes',
        form: 'transaction',
        direction: 'up',
        statements: [
          {
            sql: 'alter table poll add column due_on date',
            line: 1,
            effects: [{ table: 'poll', lock: 'ACCESS EXCLUSIVE', cost: 'instant', rows: 214_880 }],
          },
        ],
        risks: [
          {
            rule: 'lock-then-rewrite',
            migration: 'polls/0002_votes',
            file: null,
            line: 2,
            message: 'the lock is held too long',
            advice: 'split it',
            severity: 'warning',
          },
        ],
      },
    ],
  } as const;
  const options = {
    tenants: [tenantView()],
    answers: { 'plan-tenant': () => ({ plan: tenantPlan }) },
  };
  const plain = await runAgainst(options, 'migrate up acme --plan');
  const pooled = { ...tenantPlan, schema: 'p_main', pool: { name: 'main', tenants: 12 } };
  const shared = await runAgainst(
    { ...options, answers: { 'plan-tenant': () => ({ plan: pooled }) } },
    'migrate up acme --plan',
  );
  expect(shared.stdout).toContain(
    'Plan · acme · pool main, which 12 tenants share · polls/0001_initial →',
  );
  const coded = await runAgainst(options, 'migrate up acme --plan --exit-code --json');

  expect(plain.exitCode).toBe(exitCodes.ok);
  expect(plain.stdout).toBe(`Plan · acme · polls/0001_initial → polls/0002_votes · 1 migration

polls/0002_votes    in one transaction
  1  alter table poll add column due_on date
     lock ACCESS EXCLUSIVE, an instant · poll: 214,880 rows
  ! warning lock-then-rewrite (line 2): the lock is held too long
    do   split it

Would touch 1 table. Nothing was run.
`);
  expect(coded.exitCode).toBe(exitCodes.difference);
  expect(JSON.parse(coded.stdout)).toEqual({ v: 1, plan: tenantPlan });
});

test('migrate down wants to know how far, and asks even for one tenant', async () => {
  const neither = await runAgainst({}, 'migrate down acme --yes');
  const unasked = await runAgainst({}, 'migrate down acme --steps 1');
  const down = await runAgainst(
    { answers: answersWith(runView({ change: { kind: 'down', steps: 1 } })) },
    'migrate down acme --to zero --yes --json',
  );

  expect(neither.exitCode).toBe(exitCodes.usage);
  expect(unasked.exitCode).toBe(exitCodes.inputNeeded);
  expect(inputOf(down.calls, 'start-run')).toMatchObject({
    selector: { tenants: ['acme'] },
    change: { kind: 'down', to: null },
  });
});

test('a short name of a migration is its id; one that several modules have is refused', async () => {
  const status = {
    migrations: ['accounts/0001_initial', 'polls/0001_initial', 'polls/0002_votes'],
    tenants: [],
  };
  const answers = { ...answersWith(runView()), 'migrate-status': () => status };
  const one = await runAgainst({ answers }, 'migrate up acme --to 0002 --json');
  const two = await runAgainst({ answers }, 'migrate up acme --to 0001 --json');

  expect(inputOf(one.calls, 'start-run')).toMatchObject({ change: { to: 'polls/0002_votes' } });
  expect(two.exitCode).toBe(exitCodes.usage);
  expect(two.stderr).toContain('accounts/0001_initial or polls/0001_initial');
});

test('retry takes the failed tenants only, as the run was, and undo what the run changed', async () => {
  const run = runView({ ...failedRun, change: { kind: 'up', to: 'polls/0002_votes' } });
  const answers = answersWith(run);
  const outcome = { status: 'FAILED' } as const;
  const retry = await runAgainst(
    { answers, outcome },
    'migrate retry run1 --with-changes polls/0002_votes --json',
  );
  const undo = await runAgainst({ answers, outcome }, 'migrate undo run1 --yes --json');

  expect(inputOf(retry.calls, 'start-run')).toEqual({
    selector: { failedIn: 'run1' },
    change: { kind: 'up', to: 'polls/0002_votes' },
    pace: { canary: 0, waves: [100], onError: 'continue' },
    retryOf: 'run1',
    withChanges: ['polls/0002_votes'],
    actor: 'operator@example.com',
  });
  expect(inputOf(undo.calls, 'start-run')).toMatchObject({
    change: { kind: 'undo', run: 'run1' },
  });
});

test('a retry of changed migrations is a conflict with the command that allows them', async () => {
  const answers = {
    ...answersWith(failedRun),
    'start-run': refuse({
      code: 'RUN_MIGRATIONS_CHANGED',
      message: 'The migrations have changed since run run1: polls/0002_votes.',
      next: 'tenantry migrate retry run1 --with-changes polls/0002_votes',
    }),
  };
  const { exitCode, stderr } = await runAgainst({ answers }, 'migrate retry run1');

  expect(exitCode).toBe(exitCodes.conflict);
  expect(stderr).toContain('do       tenantry migrate retry run1 --with-changes polls/0002_votes');
});

const standing = { status: 'active', isolation: 'schema', pool: null };

test('migrating a tenant without tables says by name that there is nothing to, and is no failure', async () => {
  const hot = tenantView({ slug: 'hot', isolation: 'cache', version: null });
  const reason = 'has isolation cache: nothing to migrate';
  const leftOut = [{ name: 'hot', reason, hasNoTables: true as const }];
  const nothing = runView({ status: 'succeeded', total: 0, migrated: 0, failed: 0, leftOut });
  const up = await runAgainst({ tenants: [hot], answers: answersWith(nothing) }, 'migrate up hot');
  const planned = await runAgainst({ tenants: [hot] }, 'migrate up hot --plan --exit-code');

  expect([up.exitCode, up.stdout]).toEqual([exitCodes.ok, 'Nothing is pending.\n']);
  expect(up.stderr).toContain('left out: hot (has isolation cache: nothing to migrate)');
  expect(planned.exitCode).toBe(exitCodes.ok);
  expect(planned.stdout).toBe(
    'There is nothing to migrate: hot has isolation cache, and no tables.\n',
  );
});

test('migrate status names the pool that a tenant shares, and who has no tables', async () => {
  const ada = { ...standing, slug: 'ada', isolation: 'table', pool: 'free' };
  const hot = { ...standing, slug: 'hot', isolation: 'cache', version: null, isCurrent: true };
  const tenants = [{ ...ada, version: 'polls/0001_initial', isCurrent: false }, hot];
  const answers = { 'migrate-status': () => ({ migrations: ['polls/0002_votes'], tenants }) };
  const { stdout } = await runAgainst({ answers }, 'migrate status');

  expect(stdout).toMatch(/^ada +active +polls\/0001_initial \(pool free\) +behind$/m);
  expect(stdout).toMatch(/^hot +active +– +has no tables$/m);
});

test('migrate status shows who is behind, and with --exit-code ends with 3', async () => {
  const status = {
    migrations: ['polls/0001_initial', 'polls/0002_votes'],
    tenants: [
      { ...standing, slug: 'acme', version: 'polls/0002_votes', isCurrent: true },
      { ...standing, slug: 'thor', version: null, isCurrent: false },
    ],
  };
  const answers = { 'migrate-status': () => status };
  const plain = await runAgainst({ answers }, 'migrate status');
  const json = await runAgainst({ answers }, 'migrate status --json --exit-code');

  expect(plain.exitCode).toBe(exitCodes.ok);
  expect(plain.stdout).toBe(`local · us-east-1 · 2 tenants, 1 behind

migrations  polls/0001_initial, polls/0002_votes

SLUG  STATUS  VERSION           IS CURRENT
acme  active  polls/0002_votes  yes
thor  active  –                 behind
`);
  expect(json.exitCode).toBe(exitCodes.difference);
  expect(JSON.parse(json.stdout)).toEqual({ v: 1, ...status });
});

test('migrate up --create-missing provisions all that are only recorded, however few of them an answer names', async () => {
  const recorded = ['acme', 'globex', 'initech'];
  const failed = { name: 'hooli', reason: 'was not created completely and has no schema' };
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:machine:name';
  const { calls } = await runAgainst(
    {
      tenants: recorded.map((slug) => tenantView({ slug, status: 'provisioning' })),
      answers: {
        'list-targets': () => ({
          targets: [],
          total: 4,
          leftOut: [
            failed,
            ...recorded.slice(0, 1).map((name) => ({ name, reason: 'is not provisioned' })),
          ],
        }),
        'create-tenant': ({ slug }) => {
          recorded.splice(recorded.indexOf(slug), 1);
          return { slug, executionArn };
        },
        'start-run': refuse({ code: 'TARGETS_LEFT_OUT', message: 'enough' }),
      },
    },
    'migrate up --all --create-missing --yes --json',
  );

  const created = calls.filter(({ action }) => action === 'create-tenant');
  expect(created.map(({ input }) => (input as { slug: string }).slug)).toEqual([
    'acme',
    'globex',
    'initech',
  ]);
  expect(calls.at(-1)?.action).toBe('start-run');
});

test('migrate retry --dry-run takes the name of an execution like the retry itself', async () => {
  const answers = {
    'show-run': ({ execution }: { readonly execution?: string }) => {
      if (execution === undefined) refuse({ code: 'RUN_NOT_FOUND', message: 'none' })();
      return { run: runView({ id: 'run1' }) };
    },
    'list-targets': () => ({ targets: [], total: 0, leftOut: [] }),
  };
  const { calls } = await runAgainst({ answers }, 'migrate retry operator-1 --dry-run');

  expect(calls.at(-1)).toEqual({
    action: 'list-targets',
    input: { selector: { failedIn: 'run1' } },
  });
});

test('migrate status of more tenants than one call may name asks several times', async () => {
  const asked: number[] = [];
  const targets = Array.from({ length: 2001 }, (_, number) => ({
    tenantId: `t${number}`,
  })) as never;
  const { stdout } = await runAgainst(
    {
      answers: {
        'list-targets': () => ({ targets, total: 2001, leftOut: [] }),
        'migrate-status': ({ references = [] }) => {
          asked.push(references.length);
          const tenants = references.map((slug) => ({
            ...standing,
            slug,
            version: null,
            isCurrent: false,
          }));
          return { migrations: [], tenants };
        },
      },
    },
    'migrate status --all --json',
  );

  expect(asked).toEqual([1000, 1000, 1]);
  const { tenants } = JSON.parse(stdout) as { tenants: { slug: string }[] };
  expect(tenants.map(({ slug }) => slug)).toEqual(
    Array.from({ length: 2001 }, (_, number) => `t${number}`),
  );
});

test('migrate status of one tenant shows each migration as applied or pending', async () => {
  const tenant = {
    ...standing,
    slug: 'acme',
    version: 'polls/0001_initial',
    isCurrent: false,
  };
  const target = { tenantId: '0123456789acme', name: 'acme', scope: 'tenant' } as never;
  const row = {
    id: 'polls/0001_initial',
    checksum: 'c',
    appliedAt: '2026-11-21T08:11:00.000Z',
    milliseconds: 4,
    run: null,
    how: 'applied' as const,
  };
  const { stdout } = await runAgainst(
    {
      answers: {
        'list-targets': () => ({ targets: [target], total: 1, leftOut: [] }),
        'migrate-status': () => ({
          migrations: ['polls/0001_initial', 'polls/0002_votes'],
          tenants: [tenant],
        }),
        'show-history': () => ({ history: { slug: 'acme', pool: null, ledger: [row], runs: [] } }),
      },
    },
    'migrate status acme',
  );

  expect(stdout).toContain(`MIGRATION           ACME
polls/0001_initial  ✓ applied
polls/0002_votes    – pending
`);
});
