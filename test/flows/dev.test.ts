import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  findFreePort,
  runCommand,
  startCommand,
  type FinishedCommand,
  type RunningCommand,
} from '../support/cli-process.ts';
import { httpRequest } from '../support/http-request.ts';
import { openTestProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let running: RunningCommand | undefined;
let port = 0;

beforeAll(async () => {
  project = await openTestProject();
  port = await findFreePort();
});
afterAll(async () => {
  if (running !== undefined) await end(running, 'SIGTERM');
  await project?.remove();
});

async function startDev(...more: string[]): Promise<RunningCommand> {
  const args = ['dev', '--port', String(port), '--data', project.dataDir, ...more];
  running = startCommand(args, project.root);
  await running.until(/^(ready|\{"v":1,"type":"ready")/m);
  return running;
}

async function end(command: RunningCommand, signal: NodeJS.Signals): Promise<FinishedCommand> {
  command.process.kill(signal);
  const finished = await command.finished;
  running = undefined;
  return finished;
}

const tenantry = (...args: string[]) =>
  runCommand([...args, '--data', project.dataDir], project.root);
const polls = (slug: string) => httpRequest({ port, host: `${slug}.localhost`, path: '/polls' });

test('without a running system a command says what to start', async () => {
  const { status, stdout, stderr } = await tenantry('tenant', 'list');
  expect([status, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/SYSTEM_NOT_RUNNING[\s\S]*npm start/);
});

test('the first start makes two tenants that answer, and its last line says so', async () => {
  const dev = await startDev();
  const answers = await Promise.all(['thor', 'potter'].map(polls));
  expect(answers.map((answer) => answer.status)).toEqual([200, 200]);
  expect(answers[0]?.text).not.toBe(answers[1]?.text);
  const again = await tenantry('tenant', 'list', '--json');
  expect(JSON.parse(again.stdout)).toMatchObject({
    v: 1,
    tenants: [{ slug: 'potter' }, { slug: 'thor' }],
  });
  const second = await runCommand(
    ['dev', '--port', String(port), '--data', project.dataDir],
    project.root,
  );
  expect([second.status, second.stderr]).toEqual([
    7,
    expect.stringMatching(/already|locked|running/i),
  ]);
  expect(dev.process.exitCode).toBeNull();
});

test('a tenant is created, shown, refused a second time, and deleted, with the promised exit codes', async () => {
  const created = await tenantry(
    'tenant',
    'create',
    'acme',
    '--name',
    'ACME',
    '--domain',
    'acme.localhost',
    '--yes',
    '--json',
  );
  expect(created.stderr).toBe('');
  expect(JSON.parse(created.stdout)).toEqual({
    v: 1,
    tenant: {
      id: expect.stringMatching(/^[a-z0-9]{20}$/),
      slug: 'acme',
      name: 'ACME',
      status: 'active',
      isolation: 'schema',
      pool: null,
      cluster: 'main',
      stack: null,
      domains: ['acme.localhost'],
      version: 'polls/0002_accounts',
      suspension: null,
    },
  });
  expect((await polls('acme')).status).toBe(200);
  const twice = await tenantry('tenant', 'create', 'acme', '--name', 'ACME', '--yes', '--json');
  expect([twice.status, twice.stdout]).toEqual([7, '']);
  expect(JSON.parse(twice.stderr)).toMatchObject({
    v: 1,
    error: { code: 'TENANT_EXISTS', message: expect.stringContaining('acme') },
  });
  const unknown = await tenantry('tenant', 'show', 'acmee');
  expect([unknown.status, unknown.stderr]).toEqual([6, expect.stringContaining('acme')]);
  const isolation = await tenantry('tenant', 'create', 'shed', '--isolation', 'shed', '--yes');
  expect([isolation.status, isolation.stderr]).toEqual([2, expect.stringContaining('schema')]);
  const unsure = await tenantry('tenant', 'delete', 'acme', '--yes');
  expect([unsure.status, (await polls('acme')).status]).toEqual([4, 200]);
  const deleted = await tenantry('tenant', 'delete', 'acme', '--confirm', 'acme');
  expect([deleted.status, (await polls('acme')).status]).toEqual([0, 404]);
});

test('a domain that another tenant has is refused with exit code 7', async () => {
  const taken = await tenantry(
    'tenant',
    'create',
    'globex',
    '--name',
    'Globex',
    '--domain',
    'thor.localhost',
    '--yes',
  );
  expect([taken.status, taken.stderr]).toEqual([7, expect.stringContaining('thor.localhost')]);
  expect((await tenantry('tenant', 'show', 'globex')).status).toBe(6);
});

test('a system killed in the middle of a migration is found at the next start, and every tenant has it exactly once', async () => {
  if (running !== undefined) await end(running, 'SIGKILL');
  await project.writeMigration(
    'polls/0003_slow.sql',
    'create table slow (n int);\nselect pg_sleep(1);\ninsert into slow values (1);',
  );
  const killed = startCommand(
    ['dev', '--port', String(port), '--data', project.dataDir],
    project.root,
  );
  await killed.until(/MigrateFleet/);
  await end(killed, 'SIGKILL');
  await startDev();
  const status = await tenantry('migrate', 'status', '--json');
  const { tenants } = JSON.parse(status.stdout) as { tenants: { version: string }[] };
  expect(tenants.length).toBeGreaterThan(1);
  expect(new Set(tenants.map((tenant) => tenant.version))).toEqual(new Set(['polls/0003_slow']));
  expect((await polls('thor')).text).toContain('Thor');
});

test('Ctrl-C ends everything, PostgreSQL too, and the data is there at the next start', async () => {
  const dev = running ?? (await startDev());
  await end(dev, 'SIGINT');
  expect(existsSync(join(project.dataDir, 'runtime.json'))).toBe(false);
  expect(existsSync(join(project.dataDir, 'postgres/postmaster.pid'))).toBe(false);
  await expect(polls('thor')).rejects.toThrow(/ECONNREFUSED/);
  await startDev('--json');
  expect((await polls('thor')).text).toContain('Thor');
});

test.each([
  ['polls/0004_typo.sql', 'create tabel x ();', /0004_typo\.sql:1[\s\S]*syntax error/],
  ['polls/0003_again.sql', 'select 1;', /number 0003 is taken by/],
])(
  'a migration that cannot be used stops the start with file and reason, and nothing is lost: %s',
  async (name, text, reason) => {
    if (running !== undefined) await end(running, 'SIGINT');
    await project.writeMigration(name, text);
    const refused = await runCommand(
      ['dev', '--port', String(port), '--data', project.dataDir],
      project.root,
    );
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringMatching(reason)]);
    await project.removeMigration(name);
  },
);
