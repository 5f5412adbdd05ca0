import { join } from 'node:path';
import {
  compileMigrations,
  describeMigratedSchemas,
  generateTypes as generateText,
  type CompiledMigrations,
  type TypedScope,
} from '@tenantry/migrations';
import { MigrationFailedError } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { loadConfig, type LoadedConfig } from '../load-config.ts';
import { formatCsv, formatTable } from '../output/format-table.ts';
import type { Session } from '../session.ts';
import { compareTypeFile, writeTypeFile, type TypeFile, type TypeFileState } from './type-files.ts';

/** What the flags of `types` say. */
export interface GenerateTypesOptions {
  /** Write nothing, end with 3 when a file is not as it would be written. */
  readonly check?: true | undefined;
}

const scopes = ['tenant', 'shared', 'site'] as const satisfies readonly TypedScope[];

/** Writes the types of all tables from a freshly migrated database, or checks them: `tenantry types`. */
export async function generateTypes(
  options: GenerateTypesOptions,
  session: Session,
): Promise<ExitCode> {
  const project = await loadConfig(session.context.cwd);
  const files = await generateFiles(project, session);
  if (options.check !== true) {
    print(files.map(writeTypeFile), session);
    return exitCodes.ok;
  }
  const states = files.map(compareTypeFile);
  print(states, session);
  if (states.every(({ status }) => status === 'unchanged')) return exitCodes.ok;
  session.say('  do       tenantry types');
  return exitCodes.difference;
}

async function generateFiles(
  { root, config }: LoadedConfig,
  session: Session,
): Promise<TypeFile[]> {
  const roots = config.migrations.map((folder) => join(root, folder));
  const compiled = await compileMigrations({ roots });
  session.say('migrations compiled');
  const schemas = await describeSchemas(compiled, session);
  return scopes.map((scope) => {
    const path = `${config.types.replace(/\/+$/, '')}/${scope}-tables.gen.ts`;
    return { path, file: join(root, path), text: generateText(schemas[scope], scope) };
  });
}

async function describeSchemas(compiled: CompiledMigrations, session: Session) {
  const { withTestPostgres } = await import('@tenantry/local');
  const { interrupted } = session.context;
  try {
    return await withTestPostgres(async ({ host, port, admin }) => {
      session.say('PostgreSQL started');
      const schemas = await describeMigratedSchemas({ host, port, ...admin }, compiled);
      interrupted.throwIfAborted();
      session.say('an empty tenant migrated');
      return schemas;
    });
  } catch (error) {
    if (interrupted.aborted) throw interruption(error);
    throw error instanceof MigrationFailedError ? refusedMigration(error, compiled) : error;
  }
}

function interruption(cause: unknown): CliError {
  return new CliError('INTERRUPTED', 'Interrupted; no file was written.', {
    exitCode: exitCodes.interrupted,
    cause,
  });
}

function refusedMigration(
  { schema, failure }: MigrationFailedError,
  compiled: CompiledMigrations,
): CliError {
  const scope = schema === 'shared' || schema === 'site' ? schema : 'tenant';
  const migration = compiled.scopes[scope].migrations.find(({ id }) => id === failure.migration);
  const line = migration?.up[failure.statement - 1]?.line ?? null;
  const why = [`SQLSTATE ${failure.sqlstate}: ${failure.message}`, failure.detail, failure.hint];
  return new CliError('MIGRATION_FAILED', `PostgreSQL refused migration ${failure.migration}.`, {
    exitCode: exitCodes.failed,
    where: `${failure.migration}, ${line === null ? `statement ${failure.statement}` : `line ${line}`}`,
    why: why.filter((part) => part !== undefined).join('\n'),
    next: ['correct the migration, then run tenantry types again'],
  });
}

const head = ['file', 'status', 'line', 'expected', 'found'];

function print(files: readonly TypeFileState[], session: Session): void {
  if (session.isMachine) return session.printJson({ files });
  const rows = files.map(toRow);
  if (session.format === 'csv') return session.print(formatCsv(head, rows));
  const columns = files.some((state) => 'line' in state) ? head.length : 2;
  session.print(
    formatTable(
      head.slice(0, columns),
      rows.map((row) => row.slice(0, columns)),
    ),
  );
}

function toRow(state: TypeFileState): string[] {
  if (!('line' in state)) return [state.path, state.status, '', '', ''];
  const { path, status, line, expected, found } = state;
  return [path, status, String(line), expected?.trim() ?? '–', found?.trim() ?? '–'];
}
