import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describePool } from '../output/describe-pool.ts';
import type { Session } from '../session.ts';
import { findMigration } from './find-migration.ts';
import { withSuggestion } from './get-tenant.ts';

/** What the flags of `migrate mark` say. */
export interface MarkMigrationOptions {
  readonly applied?: true | undefined;
  readonly pending?: true | undefined;
  readonly reason?: string | undefined;
  /** Also when the schema looks otherwise. */
  readonly force?: true | undefined;
}

/** The tenant and migration that are meant, as they were typed. */
export interface MarkedMigration {
  readonly reference: string;
  readonly migration: string;
}

/** Records a migration as applied or as pending without running it: `tenantry migrate mark`. */
export async function markMigration(
  { reference, migration }: MarkedMigration,
  options: MarkMigrationOptions,
  session: Session,
): Promise<ExitCode> {
  const { as, reason } = readMark(reference, migration, options);
  return session.withPlatform(async (platform) => {
    const id = await findMigration(migration, platform);
    const named = {
      references: [reference],
      retry: (slug: string) => `tenantry migrate history ${slug}`,
    };
    const { version, pool } = await withSuggestion(named, platform, () =>
      platform.call('mark-migration', {
        reference,
        migration: id,
        as,
        reason,
        ...(options.force === true ? { force: true } : {}),
        actor: session.context.actor,
      }),
    );
    if (session.isMachine)
      session.printJson({ tenant: reference, pool, migration: id, as, version });
    else
      session.print(
        `${reference}: ${id} is recorded as ${as}; now at ${version ?? 'nothing'}${describePool(pool)}`,
      );
    return exitCodes.ok;
  });
}

function readMark(
  reference: string,
  migration: string,
  { applied, pending, reason }: MarkMigrationOptions,
): { readonly as: 'applied' | 'pending'; readonly reason: string } {
  const example = `tenantry migrate mark ${reference} ${migration} --applied --reason 'made by hand'`;
  if ((applied === true) === (pending === true)) {
    throw new CliError('USAGE', 'Say what to record: either --applied or --pending.', {
      exitCode: exitCodes.usage,
      missing: ['--applied', '--pending'],
      next: [example],
    });
  }
  return { as: applied === true ? 'applied' : 'pending', reason: getReason(reason, example) };
}

/** The reason that goes into the audit log. Throws `CliError` USAGE where none was given. */
export function getReason(reason: string | undefined, example: string): string {
  if (reason !== undefined && reason.trim() !== '') return reason;
  throw new CliError(
    'USAGE',
    'A change of the history wants a reason; it goes into the audit log.',
    {
      exitCode: exitCodes.usage,
      missing: ['--reason TEXT'],
      next: [example],
    },
  );
}
