import type { TargetSelector } from '@tenantry/tenancy';
import type { CliContext } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { readSelector, type SelectedBy, type SelectorFlags } from '../selector-flags.ts';
import { openSession, type GlobalOptions, type Session } from '../session.ts';

/** Told the exit code of the command that ran. */
export type OnExitCode = (code: ExitCode) => void;

/** A fleet command as it was called. */
export interface CalledFleet {
  readonly references: readonly string[];
  readonly options: GlobalOptions & SelectorFlags;
  /** `migrate up`. */
  readonly command: string;
}

/** Runs what commands do in a session of their options. */
export interface Runners {
  readonly run: (
    options: GlobalOptions,
    command: (session: Session) => Promise<ExitCode>,
  ) => Promise<void>;
  /** For a command that works on selected tenants; under `--dry-run` they are shown and nothing runs. */
  readonly runFleet: (
    called: CalledFleet,
    command: (selector: TargetSelector, session: Session) => Promise<ExitCode>,
  ) => Promise<void>;
}

/** The runners of one command line. */
export function createRunners(context: CliContext, onExitCode: OnExitCode): Runners {
  const run: Runners['run'] = async (options, command) => {
    onExitCode(await command(openSession(context, options)));
  };
  return {
    run,
    runFleet: async ({ references, options, command }, fn) => {
      const by: SelectedBy = { references, flags: options, command: `tenantry ${command}` };
      const selector = await readSelector(by, context);
      await run(options, async (session) => {
        if (options.dryRun !== true) return await fn(selector, session);
        const { listTargets } = await import('../commands/list-targets.ts');
        return await listTargets(selector, options, session);
      });
    },
  };
}
