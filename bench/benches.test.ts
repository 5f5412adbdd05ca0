import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { benches, type Bench, type BenchName } from './benches.ts';
import { describeBench, describeBenches } from './describe-benches.ts';

const names = Object.keys(benches) as BenchName[];
const read = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');

function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bench/run.ts', ...args], {
    cwd: join(import.meta.dirname, '..'),
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('each benchmark is listed, reads its options as the one it is, and has a place in the readme', () => {
  const found = readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => [...read(file).matchAll(/^(?:.* = )?readOptions\('(\w+)'\);$/gm)])
    .map(([, name]) => name);
  expect(new Set(found)).toEqual(new Set(names));
  for (const name of names) {
    expect(read(`${name}.ts`)).toContain(`readOptions('${name}')`);
    expect(read('README.md')).toMatch(new RegExp(`^## ${name}$`, 'm'));
  }
});

test.each(names)('the help of %s says what it measures, what it needs and each option', (name) => {
  const { measures, needs, options }: Bench = benches[name];
  const help = describeBench(name);
  expect(help).toContain(measures);
  expect(help).toContain(needs);
  const lines = help.split('\n');
  for (const [key, { says }] of Object.entries(options)) {
    const line = lines.find((it) => it.startsWith(`  --${key} `)) ?? '';
    expect(line).toContain(`  ${says} (`);
  }
});

test('without a name all are listed, and an unknown one is an error', () => {
  expect(run()).toEqual({ status: 0, stdout: `${describeBenches()}\n`, stderr: '' });
  expect(run('tabel')).toMatchObject({
    status: 2,
    stderr: 'there is no benchmark "tabel"\nnpm run bench -- --help\n',
  });
});

test('a benchmark that is asked for help, or for what it has not, measures nothing', () => {
  expect(run('cold', '--help')).toEqual({
    status: 0,
    stdout: `${describeBench('cold')}\n`,
    stderr: '',
  });
  expect(run('cold', '--tenants', '5')).toEqual({
    status: 2,
    stdout: '',
    stderr: "Unknown option '--tenants'\nnpm run bench -- cold --help\n",
  });
});
