import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describePool } from '../output/describe-pool.ts';
import type { Session } from '../session.ts';
import { withSuggestion } from './get-tenant.ts';
import { getReason } from './mark-migration.ts';

/** What the flags of `migrate baseline` say. */
export interface BaselineTenantOptions {
  readonly reason?: string | undefined;
}

/** Records the first migrations as applied where their tables are there already and match: `tenantry migrate baseline`. */
export async function baselineTenant(
  reference: string,
  options: BaselineTenantOptions,
  session: Session,
): Promise<ExitCode> {
  const example = `tenantry migrate baseline ${reference} --reason 'taken over'`;
  const reason = getReason(options.reason, example);
  const { actor } = session.context;
  return session.withPlatform(async (platform) => {
    const named = {
      references: [reference],
      retry: (slug: string) => `tenantry migrate history ${slug}`,
    };
    const { recorded, version, pool } = await withSuggestion(named, platform, () =>
      platform.call('baseline-tenant', { reference, reason, actor }),
    );
    if (session.isMachine) session.printJson({ tenant: reference, pool, recorded, version });
    else {
      for (const id of recorded) session.print(`${id}  recorded`);
      session.print(
        `${reference}: ${recorded.length} recorded; now at ${version ?? 'nothing'}${describePool(pool)}`,
      );
    }
    return exitCodes.ok;
  });
}
