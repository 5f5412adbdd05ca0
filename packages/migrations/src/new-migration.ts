import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TenantInputError } from '@tenantry/tenancy';
import type { Scope } from './compiled-migrations.ts';
import { findMigrationFiles } from './find-migration-files.ts';

const sqlTemplate = `-- Table names carry no schema. The line "-- down" divides the way there from the way back.

-- down
`;

const tsTemplate = `import type { MigrationFunction } from '@tenantry/migrations';

export const up: MigrationFunction = async (db) => {
};

export const down: MigrationFunction = async (db) => {
};
`;

/**
 * Writes an empty migration under the next number of its module and answers its path. Nothing that is there is overwritten. Throws
 * `TenantInputError` for a name or module that no migration can have.
 */
export async function newMigration(options: {
  /** Folder that holds `<scope>/<module>/`. */
  readonly root: string;
  readonly scope: Exclude<Scope, 'catalog'>;
  readonly module: string;
  /** Words with spaces or hyphens become words with underscores. */
  readonly name: string;
  readonly form: 'sql' | 'ts';
}): Promise<string> {
  const { root, scope, module, form } = options;
  if (!/^[a-z][a-z0-9_]{0,40}$/.test(module)) {
    throw new TenantInputError('module', 'is named with a-z, 0-9 and _, starting with a letter');
  }
  const name = options.name
    .trim()
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_');
  if (!/^[a-z0-9_]{1,60}$/.test(name)) {
    throw new TenantInputError(
      'name',
      'is made of a-z, 0-9 and _, at most 60 of them',
      'tenantry migrate new add_tags',
    );
  }
  const number = await nextNumber(root, { scope, module });
  const directory = join(root, scope, module);
  const path = join(directory, `${String(number).padStart(4, '0')}_${name}.${form}`);
  await mkdir(directory, { recursive: true });
  await writeFile(path, form === 'ts' ? tsTemplate : sqlTemplate, { flag: 'wx' });
  return path;
}

async function nextNumber(
  root: string,
  place: { readonly scope: Scope; readonly module: string },
): Promise<number> {
  const files = await findMigrationFiles([root]);
  const numbers = files
    .filter(({ scope, module }) => scope === place.scope && module === place.module)
    .map(({ number }) => number);
  return Math.max(0, ...numbers) + 1;
}
