import { readFileSync } from 'node:fs';
import type { CompiledMigrations } from '@tenantry/migrations';

/** The migrations that were compiled when this function was built; they lie beside its code. */
export function readCompiledMigrations(): CompiledMigrations {
  const text = readFileSync(new URL('migrations.json', import.meta.url), 'utf8');
  return JSON.parse(text) as CompiledMigrations;
}
