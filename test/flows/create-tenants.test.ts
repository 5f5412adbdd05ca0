import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pgDialect } from '@tenantry/database';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CreationView, TenantView } from '@tenantry/tenancy';
import {
  findFreePort,
  runCommand,
  startCommand,
  type RunningCommand,
} from '../support/cli-process.ts';
import { httpRequest } from '../support/http-request.ts';
import { startSystem } from '../support/local-system.ts';
import type { AnyDb } from '../support/open-test-cluster.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let running: RunningCommand | undefined;
let port = 0;

beforeAll(async () => {
  project = await openDeployedProject();
  port = await findFreePort();
  await startDev();
});
afterAll(async () => {
  if (running !== undefined) await end('SIGTERM');
  await project?.remove();
});

async function startDev(): Promise<void> {
  const args = ['dev', '--port', String(port), '--data', project.dataDir, '--no-sample'];
  running = startCommand(args, project.root);
  await running.until(/^ready/m);
}

async function end(signal: NodeJS.Signals): Promise<void> {
  running?.process.kill(signal);
  await running?.finished;
  running = undefined;
}

const tenantry = (...args: string[]) =>
  runCommand([...args, '--data', project.dataDir], project.root);

/** Writes a CSV file with these tenants and answers the words that create them. */
async function fileOf(name: string, slugs: readonly string[]): Promise<string[]> {
  const file = join(project.root, `${name}.csv`);
  await writeFile(file, ['slug,plan', ...slugs.map((slug) => `${slug},pro`), ''].join('\n'));
  return ['tenant', 'create', '--from-file', file, '--yes', '--json'];
}

const namesOf = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

async function listTenants(prefix: string): Promise<TenantView[]> {
  const { stdout } = await tenantry('tenant', 'list', '--json');
  const { tenants } = JSON.parse(stdout) as { tenants: TenantView[] };
  return tenants.filter(({ slug }) => slug.startsWith(prefix));
}

async function answersOf(slugs: readonly string[]) {
  const answers = await Promise.all(
    slugs.map((slug) => httpRequest({ port, host: `${slug}.localhost`, path: '/polls' })),
  );
  return new Set(answers.map(({ status }) => status));
}

function creationOf(stdout: string): CreationView {
  return (JSON.parse(stdout) as { creation: CreationView }).creation;
}

test('50 tenants of a file are created by one command, and all answer', async () => {
  const slugs = namesOf('many', 50);
  const { status, stdout, stderr } = await tenantry(...(await fileOf('many', slugs)));
  expect([status, stderr]).toEqual([0, '']);
  expect(creationOf(stdout)).toMatchObject({ status: 'succeeded', created: 50, failed: 0 });
  expect(await answersOf(slugs)).toEqual(new Set([200]));
  const tenants = await listTenants('many');
  expect(tenants.map(({ status: each }) => each)).toEqual(slugs.map(() => 'active'));
});

test('one line that does not fit, or a slug that exists, and nothing at all is created', async () => {
  const bad = await tenantry(...(await fileOf('bad', ['fresh-a', 'Not A Slug', 'fresh-b'])));
  expect([bad.status, bad.stdout]).toEqual([2, '']);
  expect(bad.stderr).toContain('line 3');
  const taken = await tenantry(...(await fileOf('taken', ['fresh-a', 'many-7'])));
  expect(taken.status).toBe(7);
  expect(taken.stderr).toContain('line 3');
  expect(await listTenants('fresh')).toEqual([]);
  const skipping = await fileOf('skip', ['fresh-a', 'many-7']);
  const skipped = await tenantry(...skipping, '--skip-existing');
  expect(skipped.status).toBe(0);
  expect(JSON.parse(skipped.stdout)).toMatchObject({
    creation: { created: 1 },
    skipped: [{ line: 3, slug: 'many-7' }],
  });
});

test('two commands with one file at once share one creation', async () => {
  const slugs = namesOf('shared', 20);
  const words = await fileOf('shared', slugs);
  const results = await Promise.all([tenantry(...words), tenantry(...words)]);
  expect(results.map(({ status }) => status)).toEqual([0, 0]);
  const ids = results.map(({ stdout }) => creationOf(stdout).id);
  expect(new Set(ids).size).toBe(1);
  expect(await answersOf(slugs)).toEqual(new Set([200]));
});

test('a system killed in the middle finishes with the same command, and nothing is left over', async () => {
  const slugs = namesOf('killed', 60);
  const words = await fileOf('killed', slugs);
  const first = startCommand([...words, '--data', project.dataDir], project.root);
  await untilSomeAnswer(slugs);
  await end('SIGKILL');
  await first.finished;
  await endLeases();
  await startDev();
  expect((await listTenants('killed')).some(({ status }) => status === 'provisioning')).toBe(true);
  const { status, stdout } = await tenantry(...words);
  expect(status).toBe(0);
  expect(creationOf(stdout)).toMatchObject({ status: 'succeeded', total: 60, created: 60 });
  expect(await answersOf(slugs)).toEqual(new Set([200]));
  const tenants = await listTenants('');
  await end('SIGTERM');
  expect(await countParts()).toEqual({
    roles: 2 * tenants.length,
    schemas: tenants.length,
    secrets: tenants.length,
  });
});

/** What the killed workers held is free at once, as it is half a minute later. Their PostgreSQL is still running. */
async function endLeases(): Promise<void> {
  const { clusterDir, superuser } = JSON.parse(
    await readFile(join(project.dataDir, 'postgres.json'), 'utf8'),
  ) as { clusterDir: string; superuser: { user: string; password: string } };
  const pidFile = await readFile(resolve(project.dataDir, clusterDir, 'postmaster.pid'), 'utf8');
  const at = { host: '127.0.0.1', port: Number(pidFile.split('\n')[3]), database: 'tenantry' };
  const db: AnyDb = new Kysely({ dialect: pgDialect({ ...at, ...superuser }) });
  try {
    await sql`update catalog.creation_items set lease_until = now() where status = 'working'`.execute(
      db,
    );
  } finally {
    await db.destroy();
  }
}

/** Waits until the first tenants are there, and throws when all are: then nothing would be cut. */
async function untilSomeAnswer(slugs: readonly string[]): Promise<void> {
  const last = slugs.at(-1) ?? '';
  for (;;) {
    const [first, final] = await Promise.all(
      [slugs[0] ?? '', last].map((slug) =>
        httpRequest({ port, host: `${slug}.localhost`, path: '/polls' }),
      ),
    );
    if (final?.status === 200) throw new Error('all tenants were created before the kill');
    if (first?.status === 200) return;
  }
}

/** What all tenants together are made of. */
async function countParts() {
  const system = await startSystem({
    assemblyDir: await project.synthesize(),
    dataDir: project.dataDir,
  });
  try {
    const found = await sql<{ roles: bigint; schemas: bigint }>`
      select (select count(*) from pg_roles where rolname ~ '^[ot]_[a-z0-9]{16,}$') as roles,
        (select count(*) from pg_namespace where nspname ~ '^t_[a-z0-9]{16,}$') as schemas`.execute(
      system.admin,
    );
    const secrets = await countSecrets();
    return {
      roles: Number(found.rows[0]?.roles),
      schemas: Number(found.rows[0]?.schemas),
      secrets,
    };
  } finally {
    await system.close();
  }
}

async function countSecrets(): Promise<number> {
  const names = await readdir(project.dataDir, { recursive: true });
  const file = names.find((name) => name.endsWith('secrets.json'));
  const text = await readFile(join(project.dataDir, file ?? 'secrets.json'), 'utf8');
  return new Set([...text.matchAll(/tenantry\/local\/tenant\/([a-z0-9]+)"/g)].map(([, id]) => id))
    .size;
}
