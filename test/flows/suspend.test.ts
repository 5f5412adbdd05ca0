import { pgDialect } from '@tenantry/database';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  parseTenantId,
  schemaNameOf,
  type AuditActions,
  type ControlAnswer,
} from '@tenantry/tenancy';
import { isSessionEnded } from '../support/is-session-ended.ts';
import { openAsTenant, startSystem, type LocalSystem } from '../support/local-system.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;

const withTables = ['in-schema', 'in-table', 'in-database'];
const slugs = [...withTables, 'in-cache'];

/** The step that breaks after it has done its work, and whose. */
let breaking: { readonly step: string; readonly slug: string } | undefined;
/** Held back until it resolves: the step `close`. */
let held: Promise<void> | undefined;

beforeAll(async () => {
  project = await openDeployedProject();
  const assemblyDir = await project.synthesize();
  system = await startSystem({
    assemblyDir,
    dataDir: project.dataDir,
    interceptInvocation: async (payload, next) => {
      const { step, state } = payload as StepPayload;
      if (step === 'close') await held;
      const answer = await next();
      const isBroken = breaking?.step === step && breaking?.slug === state?.slug;
      if (!isBroken || breaking === undefined) return answer;
      // One that no retry mends.
      const failure = { errorType: 'TenantInputError', errorMessage: 'it broke', trace: [] };
      return { payload: failure, functionError: 'Unhandled' };
    },
  });
  const fields = { sample: true };
  await Promise.all([
    ...slugs.map((slug) =>
      system.createTenant(slug, { isolation: slug.slice('in-'.length), fields }),
    ),
    system.createTenant('neighbour', { isolation: 'table', fields }),
  ]);
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

interface StepPayload {
  readonly step?: string;
  readonly state?: { readonly slug?: string };
}

function ask(slug: string) {
  const path = slug === 'in-cache' ? '/visits' : '/polls';
  const method = slug === 'in-cache' ? 'POST' : 'GET';
  return system.request({ host: `${slug}.localhost`, path, method });
}

/** What a successful answer says; throws when the control function refuses. */
function resultOf<Action extends 'suspend-tenant' | 'resume-tenant' | 'show-tenant'>(
  answer: ControlAnswer<Action>,
) {
  if (answer.ok) return answer.result;
  throw Object.assign(new Error(answer.error.message), { code: answer.error.code });
}

async function suspend(slug: string, reason = 'unpaid') {
  const answer = await system.control('suspend-tenant', { reference: slug, reason, actor: 'pat' });
  const { executionArn } = resultOf(answer);
  if (executionArn === null) throw new Error(`${slug} was suspended already`);
  return await system.waitFor(executionArn);
}

async function resume(slug: string) {
  const answer = await system.control('resume-tenant', { reference: slug, actor: 'kim' });
  const { executionArn } = resultOf(answer);
  if (executionArn === null) throw new Error(`${slug} was active already`);
  return await system.waitFor(executionArn);
}

async function show(slug: string) {
  return resultOf(await system.control('show-tenant', { reference: slug })).tenant;
}

async function listFindings() {
  const { stage } = system.runtime.description;
  const { payload } = await system.runtime.invoke(`tenantry-${stage}-audit`, {
    action: 'run-audit',
    input: { actor: 'test' },
  });
  return (payload as { readonly result: AuditActions['run-audit']['result'] }).result.audit
    .findings;
}

/** Logs in with the tenant's own credentials. */
async function logIn(slug: string) {
  await openAsTenant(system, slug, async (db) => await sql`select 1`.execute(db));
}

const refused = { code: '28000' };
const patience = { timeout: 20_000 };

/** Sends requests until it is told to stop; answers when each was sent, and its status. */
function keepAsking(slug: string) {
  const answers: { readonly sentAt: number; readonly status: number }[] = [];
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const loop = async () => {
    while (!stop.signal.aborted) {
      const sentAt = performance.now();
      const { status } = await ask(slug);
      answers.push({ sentAt, status });
    }
  };
  const loops = Promise.all([loop(), loop()]);
  return async () => {
    stop.abort();
    await loops;
    return answers;
  };
}

test.each(slugs)(
  'in the midst of requests a tenant %s is suspended, and none that comes later is served, whatever route a function remembers',
  async (slug) => {
    expect((await ask(slug)).status).toBe(200);
    const stop = keepAsking(slug);
    expect((await ask(slug)).status).toBe(200);
    expect((await suspend(slug)).status).toBe('SUCCEEDED');
    const suspendedAt = performance.now();
    const later = await Promise.all(Array.from({ length: 8 }, () => ask(slug)));
    const answers = await stop();
    expect(answers.some(({ status }) => status === 200)).toBe(true);
    const since = answers.filter(({ sentAt }) => sentAt > suspendedAt);
    expect([...later, ...since].filter(({ status }) => status < 400)).toEqual([]);
    expect((await ask(slug)).status).toBe(404);
    expect((await ask('neighbour')).status).toBe(200);
    expect(await show(slug)).toMatchObject({
      status: 'suspended',
      suspension: { reason: 'unpaid', actor: 'pat', phase: 'closed' },
      failure: null,
    });
  },
);

test("a suspended tenant's own credentials open nothing, and the walls are as the audit wants them", async () => {
  for (const slug of withTables) await expect(logIn(slug)).rejects.toMatchObject(refused);
  await logIn('neighbour');
  expect(await listFindings()).toEqual([]);
});

test('where a suspended tenant is, nobody is told who would open it', async () => {
  expect(await system.control('show-route', { reference: 'in-schema' })).toMatchObject({
    ok: false,
    error: { code: 'TENANT_NOT_ACTIVE', next: expect.stringContaining('tenant resume') as string },
  });
});

test('suspended again, a tenant keeps reason and time, and nothing is done', async () => {
  const before = await show('in-schema');
  const answer = await system.control('suspend-tenant', {
    reference: 'in-schema',
    reason: 'other',
    actor: 'kim',
  });
  expect(resultOf(answer)).toEqual({ tenant: before, executionArn: null });
});

test('a run brings suspended tenants down and up again, and they stay suspended', async () => {
  const tenants = ['in-schema', 'in-database'];
  const { version } = await show('in-schema');
  const down = { change: { kind: 'down', steps: 1 } } as const;
  expect(await system.migrate({ tenants }, down)).toMatchObject({ status: 'SUCCEEDED' });
  for (const slug of tenants) expect((await show(slug)).version).not.toBe(version);
  expect(await system.migrate({ tenants })).toMatchObject({ status: 'SUCCEEDED' });
  for (const slug of tenants) {
    expect(await show(slug)).toMatchObject({ version, status: 'suspended' });
    await expect(logIn(slug)).rejects.toMatchObject(refused);
  }
});

test('a resumption that fails leaves the tenant shut out wholly, and the same command goes on', async () => {
  breaking = { step: 'open', slug: 'in-database' };
  expect(await resume('in-database')).toMatchObject({ status: 'FAILED' });
  expect(await show('in-database')).toMatchObject({
    status: 'suspended',
    suspension: { reason: 'unpaid', phase: 'opening' },
    failure: { step: 'open', message: 'it broke' },
  });
  await expect(logIn('in-database')).rejects.toMatchObject(refused);
  expect((await ask('in-database')).status).toBe(404);
  breaking = undefined;
});

test.each(slugs)('a resumed tenant %s answers at once with its data', async (slug) => {
  expect(await resume(slug)).toMatchObject({ status: 'SUCCEEDED' });
  const answer = await ask(slug);
  expect(answer.status).toBe(200);
  if (slug === 'in-cache') expect(Number(answer.json()['visits'])).toBeGreaterThan(1);
  else expect(answer.text).toContain(slug);
  expect(await show(slug)).toMatchObject({ status: 'active', suspension: null, failure: null });
  const again = await system.control('resume-tenant', { reference: slug, actor: 'kim' });
  expect(resultOf(again).executionArn).toBeNull();
});

test('resumed tenants have the rights that they were created with', async () => {
  for (const slug of withTables) await logIn(slug);
  expect(await listFindings()).toEqual([]);
});

test('the trail says who suspended and resumed a tenant, and why', async () => {
  const { id } = await show('in-schema');
  const { rows } = await sql<{ actor: string; action: string; outcome: string; reason: string }>`
    select actor, action, outcome, details ->> 'reason' as reason from catalog.audit
    where tenant_id = ${id} and action in ('suspend-tenant', 'resume-tenant') order by id`.execute(
    system.admin,
  );
  expect(rows).toMatchObject([
    { actor: 'pat', action: 'suspend-tenant', outcome: 'started', reason: 'unpaid' },
    { action: 'suspend-tenant', outcome: 'done' },
    { actor: 'kim', action: 'resume-tenant', outcome: 'started' },
    { action: 'resume-tenant', outcome: 'done' },
  ]);
});

test('a session that works while the tenant is suspended is ended in the midst of its work', async () => {
  await openAsTenant(system, 'in-schema', async (db) => {
    const working = sql`select pg_sleep(60)`.execute(db).then(
      () => undefined,
      (error: Error) => error,
    );
    await expect
      .poll(async () => {
        const { rows } = await sql<{ count: bigint }>`select count(*) from pg_stat_activity
          where query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`.execute(system.admin);
        return Number(rows[0]?.count);
      }, patience)
      .toBe(1);
    expect((await suspend('in-schema')).status).toBe('SUCCEEDED');
    expect(await working).toSatisfy(isSessionEnded);
  });
  await resume('in-schema');
});

/** A login of the cluster's master user that nobody used before. */
function openAdmin(database: string) {
  const { host, port, admin } = system.runtime.postgres;
  const dialect = pgDialect({ host, port, ...admin, database, connectTimeoutMs: 60_000 });
  const db = new Kysely<unknown>({ dialect });
  onTestFinished(async () => await db.destroy());
  return db;
}

test.each(['in-schema', 'in-database'])(
  'a tenant %s that keeps everybody else out of the home database is suspended, and all come in again',
  async (slug) => {
    const home = system.runtime.postgres.admin.database;
    const role = schemaNameOf(parseTenantId((await show(slug)).id));
    const watcher = openAdmin('template1');
    const untilQueued = async (mode: string) =>
      await expect
        .poll(async () => {
          const { rows } = await sql`select from pg_locks
            where classid = cast('pg_database' as regclass) and not granted and mode = ${mode}`.execute(
            watcher,
          );
          return rows.length;
        }, patience)
        .toBe(1);
    await openAsTenant(system, slug, async (db) => {
      const open = await db.startTransaction().execute();
      const set = `alter role ${role} in database ${home} set work_mem = '1MB'`;
      await sql.raw(set).execute(open);
      const dropping = db.connection().execute(async (session) => {
        await sql`set statement_timeout = 0`.execute(session);
        return await sql`drop database ${sql.id(home)}`.execute(session).catch(String);
      });
      await untilQueued('AccessExclusiveLock');
      const entering = sql`select 1`.execute(openAdmin(home));
      await untilQueued('RowExclusiveLock');
      expect((await suspend(slug)).status).toBe('SUCCEEDED');
      expect(await dropping).toContain('error');
      await expect(entering).resolves.toBeDefined();
      await expect(open.rollback().execute()).rejects.toSatisfy(isSessionEnded);
    });
    await expect(logIn(slug)).rejects.toMatchObject(refused);
    await logIn('neighbour');
    expect(await resume(slug)).toMatchObject({ status: 'SUCCEEDED' });
    await logIn(slug);
  },
);

test('asked for at once by two people, a tenant is suspended once, and resumed once', async () => {
  const suspended = await Promise.all(
    ['pat', 'kim'].map((actor) =>
      system.control('suspend-tenant', { reference: 'in-table', reason: actor, actor }),
    ),
  );
  const [one, two] = suspended.map((answer) => resultOf(answer).executionArn ?? '');
  expect(one).toBe(two);
  expect(await system.waitFor(one ?? '')).toMatchObject({ status: 'SUCCEEDED' });
  const resumed = await Promise.all(
    ['pat', 'kim'].map((actor) =>
      system.control('resume-tenant', { reference: 'in-table', actor }),
    ),
  );
  const [three, four] = resumed.map((answer) => resultOf(answer).executionArn ?? '');
  expect(three).toBe(four);
  expect(await system.waitFor(three ?? '')).toMatchObject({ status: 'SUCCEEDED' });
  expect((await ask('in-table')).status).toBe(200);
});

test('a suspension that fails is not served meanwhile, goes on with the same command, and can be taken back', async () => {
  breaking = { step: 'close', slug: 'in-table' };
  expect(await suspend('in-table')).toMatchObject({ status: 'FAILED' });
  breaking = undefined;
  const halfway = await show('in-table');
  expect(halfway).toMatchObject({ status: 'suspended', suspension: { phase: 'closing' } });
  expect(halfway.failure).toMatchObject({ step: 'close' });
  expect((await ask('in-table')).status).toBeGreaterThanOrEqual(400);
  const again = await system.control('suspend-tenant', { reference: 'in-table', actor: 'kim' });
  expect(await system.waitFor(resultOf(again).executionArn ?? '')).toMatchObject({
    status: 'SUCCEEDED',
  });
  expect(await show('in-table')).toMatchObject({
    statusSince: halfway.statusSince,
    suspension: { reason: 'unpaid', actor: 'pat', phase: 'closed' },
    failure: null,
  });
  expect(await resume('in-table')).toMatchObject({ status: 'SUCCEEDED' });
});

test('a suspension that was claimed and never started is started by whoever asks next, as the same one', async () => {
  const suspension = JSON.stringify({ reason: 'unpaid', actor: 'pat', phase: 'closing' });
  const execution = 'suspend-never-started';
  await sql`update catalog.tenants set status = 'suspended', execution = ${execution},
    suspension = cast(${suspension} as jsonb) where slug = 'in-table'`.execute(system.admin);
  const answer = await system.control('suspend-tenant', { reference: 'in-table', actor: 'kim' });
  const { executionArn } = resultOf(answer);
  expect(executionArn).toMatch(new RegExp(`:${execution}$`));
  expect(await system.waitFor(executionArn ?? '')).toMatchObject({ status: 'SUCCEEDED' });
  await expect(logIn('in-table')).rejects.toMatchObject(refused);
  expect(await resume('in-table')).toMatchObject({ status: 'SUCCEEDED' });
});

test('while a tenant is being suspended nobody deletes or resumes it', async () => {
  const gate = Promise.withResolvers<void>();
  held = gate.promise;
  const suspending = suspend('in-schema');
  await expect.poll(async () => (await show('in-schema')).status, patience).toBe('suspended');
  const actor = 'test';
  for (const refusal of [
    await system.control('resume-tenant', { reference: 'in-schema', actor }),
    await system.control('delete-tenant', { reference: 'in-schema', actor }),
  ])
    expect(refusal).toMatchObject({ ok: false, error: { code: 'TENANT_BUSY' } });
  held = undefined;
  gate.resolve();
  expect((await suspending).status).toBe('SUCCEEDED');
});

test.each(['suspend-tenant', 'resume-tenant'] as const)(
  '%s of a tenant that is not made yet, or not known, is refused',
  async (action) => {
    const slug = `recorded-${action.slice(0, 3)}`;
    await system.control('record-tenant', { slug, actor: 'test' });
    const input = { reference: slug, reason: 'unpaid', actor: 'test' };
    expect(await system.control(action, input)).toMatchObject({
      ok: false,
      error: { code: 'SUSPENSION_REFUSED', next: `tenantry tenant show ${slug}` },
    });
    const unknown = await system.control(action, { ...input, reference: 'nobody' });
    expect(unknown).toMatchObject({ ok: false, error: { code: 'TENANT_NOT_FOUND' } });
  },
);

test('an active tenant is suspended for a printable reason only', async () => {
  for (const reason of [undefined, '  ', 'x'.repeat(201), 'red \u001b[31m', 'two\nlines']) {
    const input = { reference: 'neighbour', reason, actor: 'test' };
    expect(await system.control('suspend-tenant', input)).toMatchObject({
      ok: false,
      error: { code: 'TENANT_INPUT_INVALID', field: 'reason' },
    });
  }
  expect((await ask('neighbour')).status).toBe(200);
});

test('a suspended tenant is deleted as any other, and nobody else misses anything', async () => {
  await Promise.all(['in-table', 'in-database'].map((slug) => suspend(slug)));
  const deleted = await Promise.all(
    withTables.map((reference) => system.execute('delete-tenant', { reference, actor: 'test' })),
  );
  expect(deleted.map(({ status }) => status)).toEqual(withTables.map(() => 'SUCCEEDED'));
  expect((await ask('neighbour')).text).toContain('neighbour');
  expect(await listFindings()).toEqual([]);
});
