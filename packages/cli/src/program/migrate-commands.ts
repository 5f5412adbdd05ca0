import { Option } from '@commander-js/extra-typings';
import { downHelp, selectorHelp, upHelp } from '../help-texts.ts';
import { withPace } from '../pace-flags.ts';
import { progressForms } from '../runs/run-reporter.ts';
import { hasSelection, withSelector } from '../selector-flags.ts';
import type { Root } from './create-root.ts';
import { addHistoryCommands } from './history-commands.ts';
import { addMigrationFileCommands } from './migration-file-commands.ts';
import type { Runners } from './runners.ts';

/** The group of commands that all begin with `migrate`. */
export type MigrateGroup = ReturnType<typeof createGroup>;

/** Flag that says how a run's progress is shown. */
export function progressOption() {
  return new Option('--progress <form>', 'how progress is shown').choices(progressForms);
}

/** Adds `migrate`: everything that changes the tables of tenants, or says where they stand. */
export function addMigrateCommands(program: Root, runners: Runners): void {
  const migrate = createGroup(program);
  addUp(migrate, runners);
  addDown(migrate, runners);
  addAgain(migrate, runners);
  addStatus(migrate, runners);
  addHistoryCommands(migrate, runners);
  addMigrationFileCommands(migrate, runners);
}

function createGroup(program: Root) {
  return program
    .command('migrate')
    .description('bring tenants to a migration, and see where they are');
}

function addUp(migrate: MigrateGroup, { runFleet }: Runners): void {
  const up = migrate
    .command('up')
    .description('apply pending migrations to the selected tenants')
    .argument('[tenants...]', 'slugs or ids')
    .option('--to <migration>', 'stop behind this one (default: the newest)')
    .option('--module <name>', 'only migrations of this module, and what they depend on')
    .option('--create-missing', 'first provision selected tenants that are only recorded')
    .option('--plan', 'show what would run, and run nothing')
    .option('--exit-code', 'with --plan: end with 3 when something would run')
    .option('--detach', 'do not wait for the end')
    .addOption(progressOption());
  withPace(withSelector(up))
    .addHelpText('after', `${selectorHelp}\n${upHelp}`)
    .action(async (references, _, command) => {
      const { migrateUp } = await import('../commands/migrate-up.ts');
      const options = command.optsWithGlobals();
      await runFleet({ references, options, command: 'migrate up' }, (selector, session) =>
        migrateUp(selector, options, session),
      );
    });
}

function addDown(migrate: MigrateGroup, { runFleet }: Runners): void {
  const down = migrate
    .command('down')
    .description('take migrations back in the selected tenants, last first')
    .argument('[tenants...]', 'slugs or ids')
    .option('--to <migration>', 'the one that stays as the last, or zero')
    .option('--steps <count>', 'so many migrations')
    .option('--module <name>', 'only migrations of this module')
    .option('--plan', 'show what would run, and run nothing')
    .option('--exit-code', 'with --plan: end with 3 when something would run')
    .option('--detach', 'do not wait for the end')
    .addOption(progressOption());
  withPace(withSelector(down))
    .addHelpText('after', `${selectorHelp}\n${downHelp}`)
    .action(async (references, _, command) => {
      const { migrateDown } = await import('../commands/migrate-down.ts');
      const options = command.optsWithGlobals();
      await runFleet({ references, options, command: 'migrate down' }, (selector, session) =>
        migrateDown(selector, options, session),
      );
    });
}

function addAgain(migrate: MigrateGroup, { run }: Runners): void {
  migrate
    .command('retry')
    .description('try a run again for the tenants that failed in it')
    .argument('<run>', 'id of the run')
    .option('--with-changes <migration...>', 'files that may have changed since, as the repair')
    .option('--dry-run', 'show whom it would work on, and run nothing')
    .option('--detach', 'do not wait for the end')
    .addOption(progressOption())
    .action(async (name, _, command) => {
      const { retryRun } = await import('../commands/retry-run.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => retryRun(name, options, session));
    });
  migrate
    .command('undo')
    .description('take back exactly what a run applied')
    .argument('<run>', 'id of the run')
    .option('--detach', 'do not wait for the end')
    .addOption(progressOption())
    .action(async (name, _, command) => {
      const { undoRun } = await import('../commands/undo-run.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => undoRun(name, options, session));
    });
}

function addStatus(migrate: MigrateGroup, { run, runFleet }: Runners): void {
  const status = migrate
    .command('status')
    .description('who is at which migration')
    .argument('[tenants...]', 'slugs or ids (default: all)')
    .option('--matrix', 'each migration and who has it, from the ledgers')
    .option('--exit-code', 'end with 3 when a tenant is behind');
  withSelector(status)
    .addHelpText('after', selectorHelp)
    .action(async (references, _, command) => {
      const { migrateStatus } = await import('../commands/migrate-status.ts');
      const options = command.optsWithGlobals();
      // A look changes nothing, so that all is what a command without names means here.
      if (references.length === 0 && !hasSelection(options))
        return await run(options, (session) => migrateStatus(undefined, options, session));
      await runFleet({ references, options, command: 'migrate status' }, (selector, session) =>
        migrateStatus(selector, options, session),
      );
    });
  const check = migrate
    .command('check')
    .description(
      'compare history and real tables with what the migrations make; 3 when they differ',
    )
    .argument('[tenants...]', 'slugs or ids');
  withSelector(check)
    .addHelpText('after', selectorHelp)
    .action(async (references, _, command) => {
      const { checkTenants } = await import('../commands/check-tenants.ts');
      const options = command.optsWithGlobals();
      await runFleet({ references, options, command: 'migrate check' }, (selector, session) =>
        checkTenants(selector, options, session),
      );
    });
}
