import { spawn, type ChildProcess } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  findFreePort,
  runCommand,
  startCommand,
  type RunningCommand,
} from '../support/cli-process.ts';
import { openTestProject, type TestProject } from '../support/test-project.ts';
import { parseTutorialSteps, type TutorialStep } from '../support/tutorial-steps.ts';

const repository = join(import.meta.dirname, '../..');

let project: TestProject;
let port = 0;
let running: RunningCommand | undefined;
let terminal: Terminal;

beforeAll(async () => {
  project = await openTestProject();
  port = await findFreePort();
  terminal = openTerminal(project.root);
});
afterAll(async () => {
  terminal?.process.kill();
  running?.process.kill('SIGTERM');
  await running?.finished;
  await project?.remove();
});

/** A shell that stays open between commands. */
interface Terminal {
  readonly process: ChildProcess;
  /** Runs commands and answers what they print; rejects when the last one fails. */
  run(commands: string): Promise<string>;
}

function openTerminal(cwd: string): Terminal {
  const env = { ...process.env, NO_PROXY: '*' };
  const shell = spawn('bash', { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let printed = '';
  let onPrinted = () => {};
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      printed += chunk.toString();
      onPrinted();
    });
  }
  const run = async (commands: string): Promise<string> => {
    printed = '';
    const done = new Promise<string>((resolve, reject) => {
      shell.once('exit', () => reject(new Error(`the shell ended: ${printed}`)));
      onPrinted = () => {
        const [, text = '', status] = /^([\s\S]*)<status (\d+)>/.exec(printed) ?? [];
        if (status === '0') resolve(text.trim());
        else if (status !== undefined) reject(new Error(`${commands}\n${text}`));
      };
    });
    shell.stdin.write(`${commands}\necho "<status $?>"\n`);
    return await done;
  };
  return { process: shell, run };
}

/** What each command of the tutorial is here; those that are not listed go to the shell. */
async function runCommands(commands: string): Promise<string> {
  switch (commands.trim()) {
    case 'npm ci':
      return '';
    case 'npx tenantry types':
      return await tenantry('types');
    case 'npm run types':
      return await checkTypes();
    case 'npm start':
      running = startCommand(
        ['dev', '--port', String(port), '--data', project.dataDir],
        project.root,
      );
      await running.until(/^ready/m);
      return '';
    case 'npx tenantry migrate status':
      return await tenantry('migrate', 'status', '--data', project.dataDir);
    case 'npx vitest run functions/api/set-closing.database.test.ts':
      return await runVitest(commands.trim());
    default:
      expect(commands).toMatch(/curl/);
      return await terminal.run(commands.replaceAll('8787', String(port)));
  }
}

async function tenantry(...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await runCommand(args, project.root);
  expect([status, stderr]).toEqual([0, expect.any(String)]);
  return stdout;
}

/** What the tests of a clone need besides what a project of its own has. */
const testFiles = [
  'vitest.config.ts',
  'scripts/count-reporter.ts',
  'test/support/find-memory-folder.ts',
  'test/support/make-once.ts',
  'test/support/migration-roots.ts',
  'test/support/polls-test.ts',
  'test/support/share-servers.ts',
];

async function runVitest(command: string): Promise<string> {
  for (const path of testFiles) await cp(join(repository, path), join(project.root, path));
  const printed = await terminal.run(command.replace('npx ', 'node_modules/.bin/'));
  expect(printed).toContain('1 passed, 0 failed');
  return printed;
}

async function checkTypes(): Promise<string> {
  const base = JSON.parse(await readFile(join(repository, 'tsconfig.json'), 'utf8')) as object;
  const include = ['functions', 'packages/polls/src'];
  const config = { ...base, include, exclude: ['**/*.test.ts'] };
  await writeFile(join(project.root, 'tsconfig.json'), JSON.stringify(config));
  return await terminal.run('node_modules/.bin/tsc --noEmit -p tsconfig.json');
}

async function follow(step: Exclude<TutorialStep, { kind: 'answer' }>): Promise<string> {
  if (step.kind === 'run') return await runCommands(step.commands);
  const path = join(project.root, step.file);
  if (step.kind === 'write') {
    await writeFile(path, step.text, { flag: 'wx' });
    return '';
  }
  const text = await readFile(path, 'utf8');
  expect(text.split(step.old), `${step.file} holds once:\n${step.old}`).toHaveLength(2);
  await writeFile(
    path,
    text.replace(step.old, () => step.new),
  );
  return '';
}

test('whoever follows the tutorial from a fresh clone sees the new endpoint answer', async () => {
  const steps = parseTutorialSteps(await readFile(join(repository, 'docs/tutorial.md'), 'utf8'));
  expect(steps.filter((step) => step.kind === 'answer')).toHaveLength(3);
  let answer = '';
  for (const step of steps) {
    if (step.kind === 'answer') expect(answer).toBe(step.text.trim());
    else answer = await follow(step);
  }
  const status = await tenantry('migrate', 'status', '--json', '--data', project.dataDir);
  expect(JSON.parse(status)).toMatchObject({
    tenants: [{ version: 'polls/0003_closing' }, { version: 'polls/0003_closing' }],
  });
});

test('what the tutorial lets a reader write is in the form that the checks want', async () => {
  const checked = ['functions/api', 'packages/polls/src'];
  await cp(join(repository, '.oxfmtrc.json'), join(project.root, '.oxfmtrc.json'));
  await terminal.run(`node_modules/.bin/oxfmt --check ${checked.join(' ')}`);
});
