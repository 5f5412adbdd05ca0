import type { CompiledMigration, MigrationStatement } from '@tenantry/migrations';

/** A statement of a pooled migration; `each` runs for each tenant. */
export type PooledText = string | { readonly each: string };

/** A migration that is in the form for shared tables already. */
export function pooledMigration(
  id: string,
  up: readonly PooledText[],
  more: Partial<CompiledMigration> & { readonly back?: readonly PooledText[] } = {},
): CompiledMigration {
  const { back, ...rest } = more;
  return {
    id,
    module: id.slice(0, id.indexOf('/')),
    file: `tenant/${id}.sql`,
    form: 'transaction',
    dependsOn: [],
    formerly: [],
    checksum: JSON.stringify(up),
    up: up.map(toStatement),
    down: back?.map(toStatement) ?? null,
    ...rest,
  };
}

function toStatement(text: PooledText, index: number): MigrationStatement {
  const line = index + 1;
  return typeof text === 'string'
    ? { sql: text, line, effects: [] }
    : { sql: text.each, line, effects: [], isPerTenant: true };
}

/** The statements that make a table which tenants share. */
export function pooledTable(name: string, columns: string): string[] {
  return [
    `create table ${name} (${columns}, tenant name not null default current_user)`,
    `alter table ${name} enable row level security`,
    `alter table ${name} force row level security`,
    `create policy tenant_rows on ${name} using (tenant = current_user) with check (tenant = current_user)`,
    `create policy new_tenants on ${name} for insert to current_role with check (true)`,
  ];
}
