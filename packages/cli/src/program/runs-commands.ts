import type { Root } from './create-root.ts';
import { progressOption } from './migrate-commands.ts';
import type { Runners } from './runners.ts';

/** Adds `runs`: what becomes of runs after their start. */
export function addRunsCommands(program: Root, { run }: Runners): void {
  const runs = program.command('runs').description('see, watch, pause, resume and cancel runs');
  runs
    .command('list')
    .description('the newest runs')
    .option('--limit <count>', 'so many at most')
    .action(async (_, command) => {
      const { listRuns } = await import('../commands/list-runs.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => listRuns(options, session));
    });
  runs
    .command('show')
    .description('one run with its waves and failures')
    .argument('<run>', 'id of the run')
    .action(async (name, _, command) => {
      const { showRun } = await import('../commands/show-run.ts');
      await run(command.optsWithGlobals(), (session) => showRun(name, session));
    });
  runs
    .command('watch')
    .description('the rest of a run, wherever it was started')
    .argument('<run>', 'id of the run')
    .addOption(progressOption())
    .action(async (name, _, command) => {
      const { watchRun } = await import('../commands/watch-run.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => watchRun(name, options, session));
    });
  const controls = [
    ['pause', 'let tenants at work finish, begin no further one'],
    ['resume', 'let a paused run go on, and watch it'],
    ['cancel', 'end a run for good; tenants at work are finished'],
  ] as const;
  for (const [word, description] of controls) {
    runs
      .command(word)
      .description(description)
      .argument('<run>', 'id of the run')
      .option('--detach', 'do not wait for the end')
      .addOption(progressOption())
      .action(async (name, _, command) => {
        const { controlRun } = await import('../commands/control-run.ts');
        const options = command.optsWithGlobals();
        await run(options, (session) => controlRun({ name, command: word }, options, session));
      });
  }
}
