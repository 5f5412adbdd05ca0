import type { TestCluster } from '@tenantry/testing';
import { sql, type QueryExecutorProvider } from 'kysely';
import { openMigrator, type Citizen } from './citizens.ts';
import type { Roads } from './roads.ts';

/** All that another tenant must find unchanged, as text: rows, sequences, rights, roles and their settings, objects, ledger. */
export type Snapshot = Readonly<Record<string, unknown>>;

/** What a tenant has at this moment. */
export async function takeSnapshot(
  { cluster, roads }: { readonly cluster: TestCluster; readonly roads: Roads },
  citizen: Citizen,
): Promise<Snapshot> {
  const { schema, owner, role } = citizen;
  const migrator = openMigrator({ cluster }, citizen);
  const target = JSON.stringify([{ schema, owner, user: role }]);
  const read = async (query: string) => await readText(migrator, query);
  const snapshot = {
    rows: await readRows(roads, citizen),
    objects: await read(
      `select string_agg(fingerprint, ',') from tenantry.fingerprint_schemas('${target}')`,
    ),
    ledger: await read(`select tenantry.read_ledger('${schema}', '${owner}')`),
    roles: await read(roleQuery([role, owner])),
    rights: await read(rightQuery(schema)),
  };
  await migrator.destroy();
  return snapshot;
}

async function readRows(roads: Roads, citizen: Citizen): Promise<Record<string, string>> {
  const run = roads.runAs(citizen).pg;
  const tables = await run([
    `select relname from pg_class where relnamespace = '${citizen.schema}'::regnamespace
       and relkind in ('r', 'p', 'm') and has_table_privilege(oid, 'select') order by 1`,
  ]);
  const rows: Record<string, string> = {};
  for (const [table = ''] of tables) {
    const [[text = ''] = []] = await run([
      `select coalesce(string_agg(t::text, ' ' order by t::text), '') from ${table} t`,
    ]);
    rows[table] = text;
  }
  return rows;
}

function roleQuery(names: readonly string[]): string {
  const list = names.map((name) => `'${name}'`).join(', ');
  return `select jsonb_agg(to_jsonb(r) order by r.rolname) || coalesce((
      select jsonb_agg(m order by m) from (
        select m.roleid::regrole::text || ' to ' || m.member::regrole::text as m from pg_auth_members m
        where m.member::regrole::text in (${list}) or m.roleid::regrole::text in (${list})) x), '[]')
    from pg_roles r where r.rolname in (${list})`;
}

function rightQuery(schema: string): string {
  return `select jsonb_build_array(
    (select jsonb_agg(nspacl) from pg_namespace where nspname = '${schema}'),
    (select jsonb_agg(jsonb_build_array(relname, relacl, relrowsecurity, relforcerowsecurity, relowner) order by relname)
      from pg_class where relnamespace = '${schema}'::regnamespace),
    (select jsonb_agg(jsonb_build_array(proname, proacl, prosecdef)) from pg_proc where pronamespace = '${schema}'::regnamespace),
    (select jsonb_agg(defaclacl order by oid) from pg_default_acl),
    (select jsonb_agg(jsonb_build_array(datname, datacl) order by datname) from pg_database))`;
}

async function readText(db: QueryExecutorProvider, query: string): Promise<unknown> {
  const { rows } = await sql.raw<Record<string, unknown>>(query).execute(db);
  return Object.values(rows[0] ?? {})[0];
}
