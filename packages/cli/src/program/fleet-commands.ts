import { adminHelp, runHelp, selectorHelp } from '../help-texts.ts';
import { withSelector } from '../selector-flags.ts';
import type { Root } from './create-root.ts';
import type { Runners } from './runners.ts';

/** Adds what works in tenants' own contexts: `targets`, `run` and `admin`. `passedOn` are the words behind `--`. */
export function addFleetCommands(
  program: Root,
  runners: Runners,
  passedOn: readonly string[] | undefined,
): void {
  addTargets(program, runners);
  addRun(program, runners, passedOn);
  addAdmin(program, runners);
}

function addTargets(program: Root, { runFleet }: Runners): void {
  const targets = program
    .command('targets')
    .description('show whom a selection means, and run nothing')
    .argument('[tenants...]', 'slugs or ids');
  withSelector(targets)
    .addHelpText('after', selectorHelp)
    .action(async (references, _, command) => {
      const { listTargets } = await import('../commands/list-targets.ts');
      const options = command.optsWithGlobals();
      await runFleet({ references, options, command: 'targets' }, (selector, session) =>
        listTargets(selector, options, session),
      );
    });
}

function addRun(
  program: Root,
  { runFleet }: Runners,
  passedOn: readonly string[] | undefined,
): void {
  const run = program
    .command('run')
    .description('run a script, or any program behind --, once for each selected tenant')
    .usage('[options] [file] [tenants...] [-- program args...]')
    .argument('[words...]', 'the script file, then slugs or ids')
    .option('--concurrency <count>', 'tenants at once (default: 4)')
    .option('--rehearse', 'tell the script by dryRun to change nothing');
  withSelector(run)
    .addHelpText('after', `${selectorHelp}\n${runHelp}`)
    .action(async (words, _, command) => {
      const { parseTask, runTask } = await import('../commands/run-task.ts');
      const { task, references } = parseTask(words, passedOn);
      const options = command.optsWithGlobals();
      const called = { references, options, command: `run ${task.label}` };
      await runFleet(called, (selector, session) =>
        runTask(task, { selector, ...options }, session),
      );
    });
}

function addAdmin(program: Root, { run }: Runners): void {
  const admin = program.command('admin').description("tenants' administrators");
  admin
    .command('create')
    .description("make a tenant's administrator by the hook onCreateAdmin of tenantry.config.ts")
    .argument('<tenant>', 'slug or id')
    .option('--name <name>', 'user name')
    .option('--email <address>', 'mail address, where that is the name')
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText('after', adminHelp)
    .action(async (reference, _, command) => {
      const { createAdmin } = await import('../commands/create-admin.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => createAdmin(reference, options, session));
    });
}
