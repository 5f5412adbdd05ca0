import { ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openAsTenant, startSystem, type LocalSystem } from '../support/local-system.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem | undefined;

beforeAll(async () => {
  project = await openDeployedProject();
});
afterEach(async () => {
  await system?.close();
  system = undefined;
});
afterAll(async () => {
  await project?.remove();
});

/** The local deploy: synthesizes what the project is now and starts it on the data that is there. */
async function deploy(): Promise<LocalSystem> {
  await system?.close();
  system = undefined;
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
  return system;
}

/** A migration that leaves a trace each time it is applied. */
const leavingTrace = (table: string) =>
  `create table ${table} (n int);\ninsert into ${table} values (1);\n-- down\ndrop table ${table};`;

async function tracesOf(slugs: readonly string[], table: string): Promise<number[]> {
  const running = system as LocalSystem;
  return await Promise.all(
    slugs.map((slug) =>
      openAsTenant(
        running,
        slug,
        async (db) => (await db.selectFrom(table).select('n').execute()).length,
      ),
    ),
  );
}

async function countRuns(running: LocalSystem): Promise<number> {
  const { endpointUrl, description } = running.runtime;
  const { region, credentials } = description;
  const states = new SFNClient({ endpoint: endpointUrl, region, credentials });
  const stateMachineArn = description.stateMachines.migrateFleet;
  const { executions } = await states.send(
    new ListExecutionsCommand({ stateMachineArn, maxResults: 1000 }),
  );
  states.destroy();
  return executions?.length ?? 0;
}

const slugs = Array.from({ length: 8 }, (_, index) => `tenant-${index}`);

test('a new migration reaches every tenant exactly once with the next deploy, and later tenants have it from the start', async () => {
  const first = await deploy();
  // The first tenant is every run's canary.
  await first.createTenant('tenant-0');
  await Promise.all(slugs.slice(1).map((slug) => first.createTenant(slug)));
  await project.writeMigration('polls/0003_trace.sql', leavingTrace('trace_two'));
  const second = await deploy();
  expect(await tracesOf(slugs, 'trace_two')).toEqual(slugs.map(() => 1));
  await second.createTenant('latecomer');
  expect(await tracesOf(['latecomer'], 'trace_two')).toEqual([1]);
  const status = await second.control('migrate-status', {});
  expect(status).toMatchObject({
    ok: true,
    result: {
      migrations: expect.arrayContaining(['accounts/0001_initial', 'polls/0003_trace']),
    },
  });
  if (status.ok) expect(status.result.tenants.every((tenant) => tenant.isCurrent)).toBe(true);
});

test('a deploy with nothing pending starts no run', async () => {
  const before = await countRuns(await deploy());
  expect(await countRuns(await deploy())).toBe(before);
});

test('runs of the same work started at the same moment share it, and every migration is applied once', async () => {
  const running = await deploy();
  const behind = Array.from({ length: 12 }, (_, index) => `behind-${index}`);
  await Promise.all(behind.map((slug) => running.createTenant(slug, { migrate: false })));
  const finished = await Promise.all([
    running.migrate({ all: true }),
    running.migrate({ all: true }),
    running.migrate({ tenants: behind }),
  ]);
  expect(finished.map((execution) => execution.status)).toEqual([
    'SUCCEEDED',
    'SUCCEEDED',
    'SUCCEEDED',
  ]);
  expect(await tracesOf(behind, 'trace_two')).toEqual(behind.map(() => 1));
});

test('a migration that fails for one tenant fails the deploy, naming tenant, migration, statement and SQLSTATE', async () => {
  const running = await deploy();
  await openAsTenant(running, 'tenant-5', async (db) => {
    await db
      .insertInto('poll')
      .values([{ question: 'same' }, { question: 'same' }])
      .execute();
  });
  const failing = 'create table ok ();\ncreate unique index on poll (question);';
  await project.writeMigration('polls/0004_unique.sql', failing);
  await expect(deploy()).rejects.toThrow(
    /tenant-5: polls\/0004_unique, statement 2, SQLSTATE 23505/,
  );
  // Without the migration the system serves again, the data can be repaired, and the same migration then goes through.
  await project.removeMigration('polls/0004_unique.sql');
  const serving = await deploy();
  expect((await serving.request({ host: 'tenant-5.localhost', path: '/polls' })).status).toBe(200);
  await openAsTenant(serving, 'tenant-5', async (db) => await db.deleteFrom('poll').execute());
  await project.writeMigration('polls/0004_unique.sql', failing);
  const repaired = await deploy();
  const status = await repaired.control('migrate-status', {});
  if (!status.ok) throw new Error(status.error.message);
  expect(status.result.tenants.filter((tenant) => !tenant.isCurrent)).toEqual([]);
});

test('a stack that goes back to older migrations changes no schema and serves on', async () => {
  await project.writeMigration('polls/0005_trace.sql', leavingTrace('trace_four'));
  await deploy();
  expect(await tracesOf(['latecomer'], 'trace_four')).toEqual([1]);
  await project.removeMigration('polls/0005_trace.sql');
  const older = await deploy();
  expect(await tracesOf(['latecomer'], 'trace_four')).toEqual([1]);
  expect((await older.request({ host: 'latecomer.localhost', path: '/polls' })).status).toBe(200);
});

test('a paused cluster delays a deploy and does not fail it', async () => {
  await project.writeMigration('polls/0006_trace.sql', leavingTrace('trace_five'));
  await system?.close();
  const assemblyDir = await project.synthesize();
  system = await startSystem({
    assemblyDir,
    dataDir: project.dataDir,
    onServices: (faults) => faults.inject('resuming', { times: 3 }),
  });
  expect(await tracesOf(['latecomer'], 'trace_five')).toEqual([1]);
});
