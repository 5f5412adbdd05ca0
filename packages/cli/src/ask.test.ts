import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { ask, findTerminal, type Question } from './ask.ts';
import { exitCodes } from './exit-codes.ts';

const name: Question = {
  kind: 'text',
  name: 'name',
  flag: '--name NAME',
  message: 'Name',
  isRequired: true,
};
const plan: Question = { ...name, name: 'plan', flag: '--plan PLAN', isRequired: false };
const stream = (isTTY: boolean) => Object.assign(new PassThrough(), { isTTY });

test.each([
  { stdin: true, stderr: true, env: {}, mayAsk: true, why: undefined },
  { stdin: false, stderr: true, env: {}, mayAsk: true, why: 'no terminal' },
  { stdin: true, stderr: false, env: {}, mayAsk: true, why: 'no terminal' },
  { stdin: true, stderr: true, env: { CI: '1' }, mayAsk: true, why: 'CI is set' },
  { stdin: true, stderr: true, env: { CI: 'false' }, mayAsk: true, why: undefined },
  { stdin: true, stderr: true, env: {}, mayAsk: false, why: '--no-input' },
])('stdin $stdin, stderr $stderr, $env, may ask $mayAsk: $why', (given) => {
  const terminal = findTerminal({
    ...given,
    stdin: stream(given.stdin),
    stderr: stream(given.stderr),
  });

  expect(terminal.unavailable).toBe(given.why);
});

test('where nobody can be asked, the flags of all required questions are listed, and no prompt is shown', async () => {
  const output = stream(false);
  const terminal = { unavailable: 'no terminal', input: stream(false), output };
  const second = { ...name, flag: '--slug SLUG' };

  await expect(ask([name, plan, second], terminal, 'do this')).rejects.toMatchObject({
    code: 'INPUT_NEEDED',
    exitCode: exitCodes.inputNeeded,
    missing: ['--name NAME', '--slug SLUG'],
    next: ['do this'],
  });
  expect(output.read()).toBeNull();
});

test('where nobody can be asked, a question with a default stays unanswered', async () => {
  const terminal = { unavailable: 'no terminal', input: stream(false), output: stream(false) };

  expect(await ask([plan], terminal, '')).toEqual({});
});
