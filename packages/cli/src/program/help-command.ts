import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CliError } from '../cli-error.ts';
import type { CliContext } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Root } from './create-root.ts';

/** Adds `help [command...]`, which with `--json` is the whole command line as data. */
export function addHelpCommand(program: Root, { stdout }: CliContext): void {
  program
    .helpCommand(false)
    .command('help')
    .description('help for a command; with --json all commands, flags and exit codes')
    .argument('[command...]', 'such as migrate up')
    .action((names, _, command) => {
      const { json, output } = command.optsWithGlobals();
      const isMachine = json === true || output === 'json';
      if (isMachine) stdout.write(`${JSON.stringify(describeProgram(program))}\n`);
      else findCommand(program, names).outputHelp();
    });
}

function describeProgram(program: CommandUnknownOpts): object {
  return {
    v: 1,
    name: program.name(),
    flags: program.options.map(describeFlag),
    commands: listCommands(program, []).map(describeCommand),
    exitCodes,
  };
}

interface NamedCommand {
  readonly path: readonly string[];
  readonly command: CommandUnknownOpts;
}

/** All commands that do something, not the groups that hold them. */
function listCommands(parent: CommandUnknownOpts, path: readonly string[]): NamedCommand[] {
  return parent.commands.flatMap((command) => {
    const here = [...path, command.name()];
    return command.commands.length === 0 ? [{ path: here, command }] : listCommands(command, here);
  });
}

function describeCommand({ path, command }: NamedCommand): object {
  return {
    command: path.join(' '),
    aliases: command.aliases(),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      isRequired: argument.required,
      isVariadic: argument.variadic,
    })),
    flags: command.options.map(describeFlag),
  };
}

function describeFlag(option: CommandUnknownOpts['options'][number]): object {
  const { flags, description, argChoices } = option;
  return { flags, description, ...(argChoices === undefined ? {} : { choices: argChoices }) };
}

function findCommand(program: CommandUnknownOpts, names: readonly string[]): CommandUnknownOpts {
  let found = program;
  for (const name of names) {
    const next = found.commands.find((it) => it.name() === name || it.aliases().includes(name));
    if (next === undefined) {
      throw new CliError('USAGE', `There is no command "${names.join(' ')}".`, {
        exitCode: exitCodes.usage,
        next: ['tenantry --help'],
      });
    }
    found = next;
  }
  return found;
}
