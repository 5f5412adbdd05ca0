import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { newMigration as writeMigration } from '@tenantry/migrations';
import { TenantInputError, type TargetScope } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { loadConfig } from '../load-config.ts';
import type { Session } from '../session.ts';
import { toCliError } from '../system/control-failure.ts';

/** What the flags of `migrate new` say. */
export interface NewMigrationOptions {
  readonly ts?: true | undefined;
  readonly sql?: true | undefined;
  readonly module?: string | undefined;
  readonly scope?: TargetScope | undefined;
}

/** Writes an empty migration under its module's next number: `tenantry migrate new`. No system is needed. */
export async function newMigration(
  name: string,
  options: NewMigrationOptions,
  session: Session,
): Promise<ExitCode> {
  const { cwd } = session.context;
  const { root, config } = await loadConfig(cwd);
  const scope = options.scope ?? 'tenant';
  // The platform's own folder comes first, the application's last.
  const folder = join(root, config.migrations.at(-1) ?? '');
  const module = options.module ?? getOnlyModule(join(folder, scope), name);
  const form = readForm(options, name);
  const path = await writeMigration({ root: folder, scope, module, name, form }).catch(
    (error: unknown) => {
      throw error instanceof TenantInputError ? toCliError(error) : error;
    },
  );
  const file = relative(cwd, path);
  if (session.isMachine) session.printJson({ file });
  else session.print(file);
  return exitCodes.ok;
}

function readForm({ ts, sql }: NewMigrationOptions, name: string): 'sql' | 'ts' {
  if (ts !== true || sql !== true) return ts === true ? 'ts' : 'sql';
  throw new CliError('USAGE', 'Say either --ts or --sql.', {
    exitCode: exitCodes.usage,
    next: [`tenantry migrate new ${name} --sql`],
  });
}

function getOnlyModule(folder: string, name: string): string {
  const modules = existsSync(folder) ? readdirSync(folder) : [];
  const [only, ...others] = modules;
  if (only !== undefined && others.length === 0) return only;
  throw new CliError('USAGE', 'Say which module the migration belongs to.', {
    exitCode: exitCodes.usage,
    missing: ['--module NAME'],
    next: (modules.length === 0 ? ['NAME'] : modules).map(
      (module) => `tenantry migrate new ${name} --module ${module}`,
    ),
  });
}
