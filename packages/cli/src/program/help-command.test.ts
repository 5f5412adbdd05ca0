import { expect, test } from 'vitest';
import { exitCodes } from '../exit-codes.ts';
import { runAgainst } from '../testing/fake-system.ts';

interface Help {
  readonly commands: readonly {
    readonly command: string;
    readonly flags: readonly { readonly flags: string }[];
  }[];
  readonly exitCodes: Readonly<Record<string, number>>;
}

async function readHelp(): Promise<Help> {
  const { exitCode, stdout } = await runAgainst({}, 'help --json');
  expect(exitCode).toBe(exitCodes.ok);
  return JSON.parse(stdout) as Help;
}

test('help --json holds every command, its flags and the exit codes', async () => {
  const { commands, exitCodes: codes } = await readHelp();
  const up = commands.find(({ command }) => command === 'migrate up');

  expect(commands.map(({ command }) => command)).toEqual(
    expect.arrayContaining([
      'dev',
      'tenant create',
      'targets',
      'run',
      'admin create',
      'types',
      'help',
      'migrate up',
      'migrate down',
      'migrate retry',
      'migrate undo',
      'migrate mark',
      'migrate baseline',
      'migrate history',
      'migrate status',
      'migrate check',
      'migrate lint',
      'migrate new',
      'runs list',
      'runs watch',
      'runs cancel',
    ]),
  );
  expect(up?.flags.map(({ flags }) => flags)).toContain('--canary <count|slug,...>');
  expect(codes).toEqual(exitCodes);
});

test('every command that works on selected tenants has the same flags for it', async () => {
  const { commands } = await readHelp();
  const selecting = commands.filter(({ flags }) => flags.some((it) => it.flags === '--all'));
  const flagsOf = (name: string): string[] =>
    (commands.find(({ command }) => command === name)?.flags ?? []).map(({ flags }) => flags);

  expect(selecting.map(({ command }) => command)).toEqual(
    expect.arrayContaining(['targets', 'run', 'migrate up', 'migrate down', 'migrate check']),
  );
  for (const { command } of selecting)
    expect(flagsOf(command)).toEqual(expect.arrayContaining(flagsOf('targets')));
});

test('help of a command is that of its --help; an unknown one is a usage error', async () => {
  const help = await runAgainst({}, 'help migrate up');
  const flag = await runAgainst({}, 'migrate up --help');
  const unknown = await runAgainst({}, 'help migrate sideways');

  expect(help.stdout).toBe(flag.stdout);
  expect(unknown.exitCode).toBe(exitCodes.usage);
});
