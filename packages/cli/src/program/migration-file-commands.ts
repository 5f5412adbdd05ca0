import { Option } from '@commander-js/extra-typings';
import type { MigrateGroup } from './migrate-commands.ts';
import type { Runners } from './runners.ts';

/** Adds the commands about the project's migration files: `migrate new` and `migrate lint`. */
export function addMigrationFileCommands(migrate: MigrateGroup, { run }: Runners): void {
  migrate
    .command('new')
    .description("write an empty migration under its module's next number")
    .argument('<name>', 'such as add_tags')
    .option('--sql', 'as SQL (default)')
    .option('--ts', 'as TypeScript')
    .option('--module <name>', 'the module (default: the only one of its scope)')
    .addOption(
      new Option('--scope <scope>', 'where its tables live (default: tenant)').choices([
        'shared',
        'site',
        'tenant',
      ]),
    )
    .action(async (name, _, command) => {
      const { newMigration } = await import('../commands/new-migration.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => newMigration(name, options, session));
    });
  migrate
    .command('lint')
    .description('name what is dangerous in the migration files; 3 when something is')
    .action(async (_, command) => {
      const { lintMigrations } = await import('../commands/lint-migrations.ts');
      await run(command.optsWithGlobals(), lintMigrations);
    });
}
