import { readFileSync } from 'node:fs';
import { openTestCluster } from '@tenantry/testing';
import { provisionTenantSchema, pgDialect } from '@tenantry/database';
import { applyMigrations, tenantTarget } from '@tenantry/migrations';
import { newTenantId } from '@tenantry/tenancy';
import { Kysely, sql } from 'kysely';
import { loadWorkload } from './fleet/workload.ts';
import { engineFunctions } from '../packages/database/src/cluster/engine-functions.ts';
const n = Number(process.argv[2]);
const w = await loadWorkload();
const cluster = await openTestCluster(w.compiled);
const cpu = (pid: number) => { const f = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' '); return [Number(f[11]) * 10, Number(f[12]) * 10]; };
const diff = (a: number[], b: number[]) => `user ${((b[0]! - a[0]!) / n).toFixed(2)} sys ${((b[1]! - a[1]!) / n).toFixed(2)} ms cpu`;
const address = { ...cluster.postgres, maxSessions: 1 };
const prov = new Kysely<unknown>({ dialect: pgDialect({ ...address, user: 'platform_provisioner', password: 'password-of-platform_provisioner' }) });
const mig = new Kysely<unknown>({ dialect: pgDialect({ ...address, user: 'platform_migrator', password: 'password-of-platform_migrator' }) });
const pidOf = async (db: Kysely<unknown>) => (await sql<{ p: number }>`select pg_backend_pid() as p`.execute(db)).rows[0]!.p;
const ids = Array.from({ length: n }, () => newTenantId());
for (const id of ids) { await provisionTenantSchema(prov, id, { password: 'abc' }); await applyMigrations(mig, tenantTarget(id), w.ten); }
const pid = await pidOf(mig);
const apply = engineFunctions.find((f) => f.includes('function tenantry.apply('))!;
const variants: Record<string, (s: string) => string> = {
  asIs: (s) => s,
  noDeferred: (s) => s.replace(/select pg_catalog\.string_agg\(distinct[\s\S]*?c\.condeferred;/, ''),
  fast: (s) => s.replace(/select pg_catalog\.string_agg\(distinct[\s\S]*?c\.condeferred;/, '').replace(/perform pg_catalog\.set_config\('search_path', pg_catalog\.format[\s\S]*?end loop;\n    execute 'update/, `
    execute 'set local search_path = ' || pg_catalog.quote_ident(p_schema) || ', pg_temp; ' || array_to_string(v_sqls, '; ') || '; reset search_path';
    execute 'update`),
};
let step = 0;
const all: any[] = [...w.ten];
for (const [name, change] of Object.entries({ ...variants, asIs2: variants.asIs!, fast2: variants.fast! })) {
  await sql.raw(change(apply)).execute(cluster.admin);
  step += 1;
  const col = `pinned_${step}`;
  const last = all.at(-1).id;
  const list = [...all, { ...w.oneMore, id: `polls/00${11 + step}_x`, checksum: `c${step}`, up: w.oneMore.up.map((s) => ({ ...s, sql: s.sql.replaceAll('is_pinned', col) })) }];
  all.splice(0, all.length, ...list);
  await applyMigrations(mig, tenantTarget(ids[0]!), list, { knownVersion: last });
  const a = cpu(pid), t = performance.now();
  for (const id of ids) await applyMigrations(mig, tenantTarget(id), list, { knownVersion: last });
  console.log(name, diff(a, cpu(pid)), ((performance.now() - t) / n).toFixed(2), 'ms wall');
}
await prov.destroy(); await mig.destroy(); await cluster.close();
