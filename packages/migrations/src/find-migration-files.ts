import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MigrationInvalidError } from '@tenantry/tenancy';
import { scopes, type Scope } from './compiled-migrations.ts';

/** A migration's file and what its place and name say about it. */
export interface MigrationFile {
  readonly path: string;
  readonly scope: Scope;
  readonly module: string;
  readonly number: number;
  /** File name without its ending: `0001_initial`. */
  readonly name: string;
  readonly form: 'sql' | 'ts';
}

const moduleName = /^[a-z][a-z0-9_]{0,40}$/;
const fileName = /^(\d{4})_[a-z0-9_]{1,60}\.(sql|ts)$/;

/**
 * The migration files below `<root>/<scope>/<module>/`, for all roots. Throws `MigrationInvalidError` for a file whose name or place is
 * wrong and for two files of one module with one number.
 */
export async function findMigrationFiles(roots: readonly string[]): Promise<MigrationFile[]> {
  const files: MigrationFile[] = [];
  for (const root of roots) {
    for (const scope of await listDirectory(root)) {
      assertScope(join(root, scope), scope);
      for (const module of await listDirectory(join(root, scope))) {
        files.push(...(await findInModule(join(root, scope, module), { scope, module })));
      }
    }
  }
  assertNumbersUnique(files);
  return files;
}

async function findInModule(
  directory: string,
  place: { readonly scope: Scope; readonly module: string },
): Promise<MigrationFile[]> {
  if (!moduleName.test(place.module)) {
    throw new MigrationInvalidError(
      directory,
      'a module is named with a-z, 0-9 and _, starting with a letter',
    );
  }
  const names = await listDirectory(directory);
  return names.map((name) => {
    const path = join(directory, name);
    const match = fileName.exec(name);
    if (match === null) {
      throw new MigrationInvalidError(
        path,
        'a migration is named like 0001_initial.sql or 0002_add_tag.ts',
      );
    }
    return {
      path,
      ...place,
      number: Number(match[1]),
      name: name.slice(0, name.lastIndexOf('.')),
      form: match[2] === 'ts' ? 'ts' : 'sql',
    };
  });
}

async function listDirectory(path: string): Promise<string[]> {
  const names = await readdir(path);
  return names.filter((name) => !name.startsWith('.')).toSorted();
}

function assertScope(path: string, scope: string): asserts scope is Scope {
  if (!(scopes as readonly string[]).includes(scope)) {
    throw new MigrationInvalidError(
      path,
      `"${scope}" is no scope; scopes are ${scopes.join(', ')}`,
    );
  }
}

function assertNumbersUnique(files: readonly MigrationFile[]): void {
  const seen = new Map<string, MigrationFile>();
  for (const file of files) {
    const key = `${file.scope}/${file.module}/${file.number}`;
    const twin = seen.get(key);
    if (twin !== undefined) {
      throw new MigrationInvalidError(
        file.path,
        `number ${String(file.number).padStart(4, '0')} is taken by ${twin.name}: rename one of the two`,
      );
    }
    seen.set(key, file);
  }
}
