import { rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTestCluster, type Over, type TestCluster } from '@tenantry/testing';
import { sql } from 'kysely';
import type { Contender, OpenContender } from './fleet/contender.ts';
import { kyselyMigrator } from './fleet/kysely-migrator.ts';
import { isPsqlThere, nodeLoop, psql } from './fleet/limits.ts';
import { measureNothingPending } from './fleet/nothing-pending.ts';
import { measureSlowTenant } from './fleet/slow-tenant.ts';
import { tenantry } from './fleet/tenantry.ts';
import { endState, loadWorkload } from './fleet/workload.ts';
import { describeMachine, toTable } from './measure.ts';
import { readOptions } from './read-options.ts';

const { tenants, 'peer-tenants': peerTenants, lanes, only } = readOptions('fleet');

/** Tenants a second by step. */
interface Rates {
  readonly name: string;
  readonly tenants: number;
  readonly create: number;
  readonly applyOneMore: number;
  readonly findNothing: number | undefined;
}

// Files are kept until the end. ext4 passes over the inodes of files removed in the last minutes, one by one, and a table is a file, so
// whoever came next would pay for the removal of the one before.
const folder = await mkdtemp(join(tmpdir(), 'tenantry-bench-'));
await chmod(folder, 0o755);
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

console.log(`${describeMachine()}; PostgreSQL 17, fsync on; ${tenants} tenants\n`);
const workload = await loadWorkload();
const results: Rates[] = [];
for (const contender of contenders()) {
  if (!new RegExp(only).test(contender.name)) continue;
  results.push(await measure(contender));
  console.error(toLine(results.at(-1)));
}
console.log(table());
if (only === '') {
  console.log(await measureNothingPending(workload));
  console.log(await measureSlowTenant(workload, { tenants, lanes: lanes[0] ?? 4 }));
}

function contenders(): Contender[] {
  if (!isPsqlThere()) console.log('psql is not on PATH: its rows are missing.');
  const sessions = [1, 2, 4];
  const limits = isPsqlThere()
    ? sessions.flatMap((count) => [psql(workload, count, 'none'), psql(workload, count, 'roles')])
    : [];
  const ways: Over[] = ['pg', 'data-api'];
  return [
    ...limits,
    nodeLoop(workload, 4),
    ...ways.flatMap((over) => lanes.map((count) => tenantry(workload, { over, lanes: count }))),
    kyselyMigrator(workload, Math.min(tenants, peerTenants)),
  ];
}

async function measure(contender: Contender): Promise<Rates> {
  const count = contender.tenants ?? tenants;
  const cluster = await openTestCluster(workload.compiled, { durable: true, folder });
  try {
    const open = await contender.open(cluster, count);
    try {
      return await measureSteps(contender.name, { cluster, open, count });
    } finally {
      await open.close();
    }
  } finally {
    await cluster.close();
  }
}

async function measureSteps(
  name: string,
  at: { readonly cluster: TestCluster; readonly open: OpenContender; readonly count: number },
): Promise<Rates> {
  const { cluster, open, count } = at;
  const create = await rateOf(count, open.create);
  const applyOneMore = await rateOf(count, open.applyOneMore);
  const findNothing =
    open.findNothing === undefined ? undefined : await rateOf(count, open.findNothing);
  await checkEndState(cluster, count);
  return { name, tenants: count, create, applyOneMore, findNothing };
}

async function rateOf(count: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (count * 1000) / (performance.now() - start);
}

/** Throws unless every tenant has all that the eleven migrations make. */
async function checkEndState({ admin }: TestCluster, count: number): Promise<void> {
  const found = await sql<Record<keyof typeof endState | 'tenants', bigint>>`
    with tenant as (select oid from pg_namespace where nspname like 't\\_%'),
      relation as (select c.* from pg_class c join tenant on tenant.oid = c.relnamespace
        where c.relname not like '%ledger%' and c.relname not like 'kysely%')
    select (select count(*) from tenant) as tenants,
      (select count(*) from relation where relkind = 'r') as tables,
      (select count(*) from relation where relkind = 'i') as indexes,
      (select count(*) from pg_constraint k join relation on relation.oid = k.conrelid where k.contype = 'f') as "foreignKeys",
      (select count(*) from pg_attribute a join relation on relation.oid = a.attrelid
        where relation.relkind = 'r' and a.attnum > 0) as columns`.execute(admin);
  const row = found.rows[0];
  const expected = { tenants: 1, ...endState };
  for (const [what, each] of Object.entries(expected)) {
    const seen = Number(row?.[what as keyof typeof expected]);
    if (seen !== each * count) throw new Error(`${what}: ${seen}, not ${each * count}`);
  }
}

function bestOf(step: 'create' | 'applyOneMore', part: string): number {
  return Math.max(
    ...results.filter(({ name }) => name.includes(part)).map((result) => result[step]),
  );
}

function table(): string {
  const head = [
    'contender',
    'tenants',
    'create /s',
    'of psql',
    'of psql with roles',
    'one more /s',
  ];
  const rows = results.map((result) => [
    result.name,
    String(result.tenants),
    result.create.toFixed(1),
    ratio(result.create / bestOf('create', 'psql')),
    ratio(result.create / bestOf('create', 'roles')),
    result.applyOneMore.toFixed(0),
    ratio(result.applyOneMore / bestOf('applyOneMore', 'psql')),
    result.findNothing === undefined ? '' : result.findNothing.toFixed(0),
  ]);
  return toTable([...head, 'of psql', 'nothing pending /s'], rows);
}

function ratio(value: number): string {
  return Number.isFinite(value) && value > 0 ? value.toFixed(2) : '';
}

function toLine(result: Rates | undefined): string {
  return JSON.stringify(result);
}
