import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { CliContext } from './context.ts';
import { devHelp, typesHelp } from './help-texts.ts';
import { addClusterCommands } from './program/cluster-commands.ts';
import { createRoot, type Root } from './program/create-root.ts';
import { addDoctor, addIsolation } from './program/doctor-commands.ts';
import { addFleetCommands } from './program/fleet-commands.ts';
import { addHelpCommand } from './program/help-command.ts';
import { addMigrateCommands } from './program/migrate-commands.ts';
import { createRunners, type OnExitCode, type Runners } from './program/runners.ts';
import { addRunsCommands } from './program/runs-commands.ts';
import { addTenantCommands } from './program/tenant-commands.ts';

/** All commands with their flags and help; `passedOn` are the words behind `--`, for `run`. What a command does is loaded when it runs, so that help and errors are fast. */
export function createProgram(
  context: CliContext,
  onExitCode: OnExitCode,
  passedOn?: readonly string[],
): Root {
  const program = createRoot(context);
  const runners = createRunners(context, onExitCode);
  addDev(program, context, onExitCode);
  addTenantCommands(program, runners);
  addClusterCommands(program, runners);
  addMigrateCommands(program, runners);
  addRunsCommands(program, runners);
  addFleetCommands(program, runners, passedOn);
  addDoctor(program, runners);
  addIsolation(program, runners);
  addTypes(program, runners);
  addHelpCommand(program, context);
  return program;
}

function addDev(program: Root, context: CliContext, onExitCode: OnExitCode): void {
  program
    .command('dev')
    .description('run the whole system on this machine: PostgreSQL, the AWS services, the gateway')
    .addOption(
      new Option('--port <number>', 'port of the gateway').argParser(parsePort).default(8787),
    )
    .option('--cluster <name>', 'run one more cluster; may be repeated', appendValue, [])
    .option('--no-sample', 'do not create the sample tenants thor and potter')
    .addHelpText('after', devHelp)
    .action(async (_, command) => {
      const { dev } = await import('./dev/dev.ts');
      onExitCode(await dev(command.optsWithGlobals(), context));
    });
}

function addTypes(program: Root, { run }: Runners): void {
  program
    .command('types')
    .description('write the types of all tables from an empty, migrated database')
    .option('--check', 'write nothing; end with 3 when a file is not up to date')
    .addHelpText('after', typesHelp)
    .action(async (_, command) => {
      const { generateTypes } = await import('./commands/generate-types.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => generateTypes(options, session));
    });
}

function parsePort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}

function appendValue(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}
