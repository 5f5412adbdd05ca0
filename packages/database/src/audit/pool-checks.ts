import type { AuditCheck } from './audit-check.ts';
import { sealPool } from './audit-names.ts';

/** The name of the relation that an open door is named after, of the schema `s`; alone, and as SQL writes it. */
const relname = `substr(found.object, strpos(found.object, ' ') + 1)`;
const relation = `format('%I.%I', s.name, ${relname})`;

/**
 * What is asked of tables that tenants share. It reads through `tenantry.find_open_tables`, which every migration of a pool has to pass
 * too; only the shared database of a cluster has pools.
 */
export const poolChecks: readonly AuditCheck[] = [
  {
    code: 'POOL_TABLE_OPEN',
    sql: `select s.name as subject, format('%s of pool %s', found.object, substr(s.name, 3)) as object, found.reason as what,
        case
          when found.reason = 'row-level security is off'
            then jsonb_build_array(format('alter table %s enable row level security', ${relation}))
          when found.reason like 'row-level security does not hold%'
            then jsonb_build_array(format('alter table %s force row level security', ${relation}))
          when found.reason like 'it has not exactly the policies%' and exists (
            select from pg_attribute a join pg_class c on c.oid = a.attrelid
            where c.relnamespace = s.oid and c.relname = ${relname} and a.attname = 'tenant'
          ) then (
            select coalesce(jsonb_agg(format('drop policy %I on %s', p.polname, ${relation})), '[]')
            from pg_policy p join pg_class c on c.oid = p.polrelid where c.relnamespace = s.oid and c.relname = ${relname}
          ) || jsonb_build_array(
            format('create policy tenant_rows on %s using (tenant = current_user) with check (tenant = current_user)', ${relation}),
            format('create policy new_tenants on %s for insert to %I with check (true)', ${relation}, s.owner_name))
          when found.reason like 'it reads with the rights of its owner%'
            then jsonb_build_array(format('alter view %s set (security_invoker = true)', ${relation}))
          when found.reason like 'what deletes its rows%' or found.reason like '%could lock it for all tenants'
            then jsonb_build_array(${sealPool})
          -- Only a change of the column's type, to the same one too, deletes what was gathered before.
          when found.reason like 'column % has planner statistics%' then (
            select jsonb_build_array(format('alter table %s alter column %I type %s, alter column %I set statistics 0', ${relation},
              a.attname, format_type(a.atttypid, a.atttypmod), a.attname))
            from pg_attribute a join pg_class c on c.oid = a.attrelid
            where c.relnamespace = s.oid and c.relname = ${relname}
              and c.relkind = 'r' and not c.relispartition
              and a.attname = substring(found.reason from '^column (.*) has planner statistics')
          )
        end as commands,
        'platform_provisioner' as repaired_by, found.reason not like 'column %' as is_automatic
      from schema s, lateral tenantry.find_open_tables(s.name) found where s.kind = 'pool'`,
  },
];
