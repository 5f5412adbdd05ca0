import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileMigrations, type CompiledMigrations } from '@tenantry/migrations';
import { loadWorkload } from '../fleet/workload.ts';

/** The migrations of a workload: `polls-10`, or `tables:<count>` with one table, index and foreign key a migration. */
export async function loadCreateWorkload(name: string): Promise<CompiledMigrations> {
  if (name === 'polls-10') return (await loadWorkload()).compiled;
  const count = Number(/^tables:(\d+)$/.exec(name)?.[1]);
  if (!(count > 0)) throw new TypeError(`no workload "${name}": polls-10 or tables:<count>`);
  return await compileTables(count);
}

async function compileTables(count: number): Promise<CompiledMigrations> {
  const root = await mkdtemp(join(tmpdir(), 'tenantry-bench-'));
  try {
    const folder = join(root, 'tenant/shop');
    await mkdir(folder, { recursive: true });
    for (let number = 1; number <= count; number += 1)
      await writeFile(join(folder, `${String(number).padStart(4, '0')}_item.sql`), tableOf(number));
    const platform = fileURLToPath(new URL('../../packages/tenancy/migrations', import.meta.url));
    return await compileMigrations({ roots: [platform, root] });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

function tableOf(number: number): string {
  const parent = number === 1 ? '' : `, parent bigint references item_${number - 1}`;
  return `create table item_${number} (
  id bigint generated always as identity primary key, name text not null, created_at timestamptz not null default now()${parent}
);
create index item_${number}_name_idx on item_${number} (name);
-- down
drop table item_${number};
`;
}
