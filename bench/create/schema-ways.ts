import { provisionAndVerifySchema } from '@tenantry/database';
import { applyMigrations, tenantTarget } from '@tenantry/migrations';
import { newTenantId, ownerNameOf, schemaNameOf, type TenantId } from '@tenantry/tenancy';
import { sql } from 'kysely';
import type { CreateContender, CreatePlace } from './contender.ts';

/** Replay against a copy of a migrated schema; the copy has tables, keys and rows and so is a lower limit for a whole one. */
export async function schemaWays({ cluster, migrations }: CreatePlace): Promise<CreateContender[]> {
  const provision = (id: TenantId) =>
    provisionAndVerifySchema(cluster.provisioner, id, { password: `password-of-${id}` });
  const replay = async (id: TenantId) => {
    await provision(id);
    await applyMigrations(cluster.migrator, tenantTarget(id), migrations, { isUnused: true });
  };
  const template = newTenantId();
  await replay(template);
  await sql.raw(copySchema).execute(cluster.admin);
  return [
    { name: 'schema, replay', isolation: 'schema', create: replay },
    {
      name: 'schema, copied tables',
      isolation: 'schema',
      create: async (id) => {
        await provision(id);
        const [from, to] = [schemaNameOf(template), schemaNameOf(id)];
        await sql`select bench_copy(${from}, ${to}, ${ownerNameOf(id)})`.execute(cluster.admin);
      },
    },
  ];
}

const copySchema = `create function bench_copy(p_from text, p_to text, p_owner text) returns boolean language plpgsql as $body$
declare
  v_table record;
  v_key record;
begin
  execute format('grant %I to current_user', p_owner);
  for v_table in select relname from pg_class where relnamespace = p_from::regnamespace and relkind = 'r' loop
    execute format('create table %I.%I (like %I.%I including all)', p_to, v_table.relname, p_from, v_table.relname);
    execute format('insert into %I.%I overriding system value select * from %I.%I', p_to, v_table.relname, p_from, v_table.relname);
  end loop;
  for v_key in select conrelid::regclass::text as relation, conname, pg_get_constraintdef(oid) as definition
    from pg_constraint where connamespace = p_from::regnamespace and contype = 'f' loop
    execute format('alter table %s add constraint %I %s', replace(v_key.relation, p_from, p_to), v_key.conname,
      replace(v_key.definition, p_from, p_to));
  end loop;
  for v_table in select relname from pg_class where relnamespace = p_to::regnamespace and relkind = 'r' loop
    execute format('alter table %I.%I owner to %I', p_to, v_table.relname, p_owner);
  end loop;
  return true;
end $body$`;
