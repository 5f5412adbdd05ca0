import type { MigrateGroup } from './migrate-commands.ts';
import type { Runners } from './runners.ts';

/** Adds the commands about one tenant's ledger: `migrate history`, `mark` and `baseline`. */
export function addHistoryCommands(migrate: MigrateGroup, { run }: Runners): void {
  migrate
    .command('history')
    .description('what was applied to a tenant and when, and the runs it was part of')
    .argument('<tenant>', 'slug or id')
    .action(async (reference, _, command) => {
      const { showHistory } = await import('../commands/show-history.ts');
      await run(command.optsWithGlobals(), (session) => showHistory(reference, session));
    });
  migrate
    .command('mark')
    .description('record a migration as applied or pending without running it')
    .argument('<tenant>', 'slug or id')
    .argument('<migration>', 'id, such as polls/0002_votes')
    .option('--applied', 'as applied')
    .option('--pending', 'as not applied')
    .option('--reason <text>', 'why; it goes into the audit log')
    .option('--force', 'also when the tables look otherwise')
    .action(async (reference, migration, ...[, command]) => {
      const { markMigration } = await import('../commands/mark-migration.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => markMigration({ reference, migration }, options, session));
    });
  migrate
    .command('baseline')
    .description('record the first migrations as applied where their tables are there and match')
    .argument('<tenant>', 'slug or id')
    .option('--reason <text>', 'why; it goes into the audit log')
    .action(async (reference, _, command) => {
      const { baselineTenant } = await import('../commands/baseline-tenant.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => baselineTenant(reference, options, session));
    });
}
