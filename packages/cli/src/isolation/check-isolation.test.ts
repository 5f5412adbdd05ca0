import type { ClusterView, IsolationCell } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { runAgainst, tenantView } from '../testing/fake-system.ts';

const held: IsolationCell = { kind: 'names', name: 'find it', outcome: 'nothing', hasHeld: true };
const open: IsolationCell = {
  kind: 'rows',
  name: 'read poll',
  outcome: 'read 1 values',
  hasHeld: false,
};

function clusterView(id: string, differences: Partial<ClusterView> = {}): ClusterView {
  return {
    id,
    arn: `arn:aws:rds:us-east-1:000000000000:cluster:${id}`,
    database: 'tenantry',
    status: 'active',
    tenants: 0,
    capacity: 10_000,
    concurrency: null,
    stack: null,
    addedAt: '2026-11-21T00:00:00.000Z',
    ...differences,
  };
}

/** A system that makes what it is asked for, and answers every check with these cells. */
function answersOf(...cells: readonly IsolationCell[]) {
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:machine:name';
  const view = (slug: string) => tenantView({ slug, domains: [`${slug}.localhost`] });
  return {
    'list-clusters': () => ({ clusters: [clusterView('main')] }),
    'show-tenant': ({ reference }: { reference: string }) => ({ tenant: view(reference) }),
    'delete-tenant': ({ reference }: { reference: string }) => ({
      tenant: view(reference),
      executionArn,
    }),
    'check-isolation': () => ({ cells }),
  };
}

const named = (calls: readonly { action: string; input: unknown }[], action: string) =>
  calls.filter((call) => call.action === action).map(({ input }) => input);

test('each attacks the other, and both are synthetic and deleted at the end', async () => {
  const { exitCode, stdout, calls } = await runAgainst(
    { answers: answersOf(held) },
    'isolation check --isolation table',
  );

  expect(exitCode).toBe(exitCodes.ok);
  const made = named(calls, 'create-tenant') as { slug: string }[];
  const [a = '', b = ''] = made.map(({ slug }) => slug);
  for (const input of made) {
    expect(input).toMatchObject({
      slug: expect.stringMatching(/^isolation-check-table-[ab]-[0-9a-f]{6}$/) as string,
      isolation: 'table',
      fields: { synthetic: true },
    });
  }
  expect(named(calls, 'check-isolation')).toEqual([
    { attacker: `${a}.localhost`, victim: `${b}.localhost` },
    { attacker: `${b}.localhost`, victim: `${a}.localhost` },
  ]);
  expect(named(calls, 'delete-tenant')).toMatchObject([{ reference: a }, { reference: b }]);
  expect(stdout).toContain('2 attacks, 0 got through');
});

test('all isolations whose tenants share something are checked unless some are named', async () => {
  const { calls } = await runAgainst({ answers: answersOf(held) }, 'isolation check');

  expect(
    named(calls, 'create-tenant').map((input) => (input as { isolation: string }).isolation),
  ).toEqual(['schema', 'schema', 'database', 'database', 'table', 'table', 'cache', 'cache']);
});

test('an attack that got through is named, and ends with 1 once the tenants are deleted', async () => {
  const { exitCode, stdout, calls } = await runAgainst(
    { answers: answersOf(held, open) },
    'isolation check --isolation schema',
  );

  expect(exitCode).toBe(exitCodes.failed);
  expect(stdout).toMatch(/schema +a→b +rows +read poll +read 1 values +✕/);
  expect(named(calls, 'delete-tenant')).toHaveLength(2);
});

test('--json lists every attack', async () => {
  const { stdout } = await runAgainst(
    { answers: answersOf(held, held) },
    'isolation check --isolation schema --json',
  );

  expect(JSON.parse(stdout)).toMatchObject({ v: 1, attacks: { length: 4 }, gotThrough: 0 });
});

test('a check that breaks off deletes its tenants all the same', async () => {
  const answers = {
    ...answersOf(),
    'check-isolation': () => {
      throw new Error('it broke');
    },
  };
  const { exitCode, calls } = await runAgainst({ answers }, 'isolation check --isolation schema');

  expect(exitCode).toBe(exitCodes.failed);
  expect(named(calls, 'delete-tenant')).toHaveLength(2);
});

test('after Ctrl-C the tenants that were being made are deleted', async () => {
  const interrupted = AbortSignal.abort();
  const { exitCode, calls } = await runAgainst(
    { answers: answersOf(), interrupted, looks: 1 },
    'isolation check --isolation schema',
  );

  expect(exitCode).toBe(exitCodes.interrupted);
  expect(named(calls, 'create-tenant')).toHaveLength(2);
  expect(named(calls, 'check-isolation')).toEqual([]);
  expect(named(calls, 'delete-tenant')).toHaveLength(2);
});

test('what an earlier check left is removed first, and nobody else', async () => {
  const left = tenantView({ slug: 'isolation-check-schema-a-0a0a0a', fields: { synthetic: true } });
  const lookalike = tenantView({ slug: 'isolation-check-gmbh' });
  const { calls } = await runAgainst(
    { answers: answersOf(held), tenants: [left, lookalike] },
    'isolation check --isolation schema',
  );

  expect(named(calls, 'delete-tenant')[0]).toMatchObject({ reference: left.slug });
  expect(named(calls, 'delete-tenant')).not.toContainEqual(
    expect.objectContaining({ reference: lookalike.slug }),
  );
});

/** Where pairs were made: isolation, cluster and pool. */
function madeAt(calls: readonly { action: string; input: unknown }[]): string[] {
  const made = named(calls, 'create-tenant') as {
    isolation: string;
    cluster?: string;
    pool?: string;
  }[];
  const places = made.map(({ isolation, cluster = '-', pool = '-' }) =>
    [isolation, cluster, pool].join(' '),
  );
  return [...new Set(places)];
}

const threeClusters = {
  'list-clusters': () => ({
    clusters: [
      clusterView('main'),
      clusterView('eu'),
      clusterView('old', { status: 'closed' }),
      clusterView('aaaaaaaaaaaaaaaaaaaa', { stack: 'tenantry-dev-t-aaaaaaaaaaaaaaaaaaaa' }),
    ],
  }),
};

test('every cluster that takes tenants is checked, with the tables that tenants share there, and caches once', async () => {
  const pooled = tenantView({ slug: 'pooled', isolation: 'table', pool: 'trials', cluster: 'eu' });
  const { exitCode, stdout, calls } = await runAgainst(
    { answers: { ...answersOf(held), ...threeClusters }, tenants: [pooled] },
    'isolation check',
  );

  expect(exitCode).toBe(exitCodes.ok);
  expect(madeAt(calls)).toEqual([
    'schema main -',
    'database main -',
    'table main main',
    'schema eu -',
    'database eu -',
    'table eu trials',
    'cache - -',
  ]);
  expect(stdout).toMatch(/table on eu +a→b/);
});

test('--cluster checks that cluster alone, and says what cannot be checked there', async () => {
  const { stderr, calls } = await runAgainst(
    { answers: { ...answersOf(held), ...threeClusters } },
    'isolation check --cluster eu',
  );

  expect(madeAt(calls)).toEqual(['schema eu -', 'database eu -']);
  expect(stderr).toContain('table on eu: not checked, no tenants share tables there yet');
});

test('caches are on no cluster', async () => {
  const { exitCode, stderr, calls } = await runAgainst(
    {},
    'isolation check --isolation cache --cluster eu',
  );

  expect(exitCode).toBe(exitCodes.usage);
  expect(stderr).toContain('"cache" is not one of schema, database, table on a cluster');
  expect(calls).toEqual([]);
});

test('an isolation whose tenants share nothing is refused with the ones there are', async () => {
  const { exitCode, stderr, calls } = await runAgainst({}, 'isolation check --isolation dedicated');

  expect(exitCode).toBe(exitCodes.usage);
  expect(stderr).toContain('tenantry isolation check --isolation schema,database,table,cache');
  expect(calls).toEqual([]);
});
