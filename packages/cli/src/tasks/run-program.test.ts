import type { TenantRoute } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { runProgram, tenantEnvironment } from './run-program.ts';

const route = {
  tenant: { id: '0123456789abacme', slug: 'acme' },
  database: 'tenantry',
} as TenantRoute;
const login = { username: 't_0123456789abacme', password: 'p@ss/word' };
const connection = { route, login, postgres: { host: '::1', port: 5433 } };

async function outputOf(code: string): Promise<string[]> {
  const lines: string[] = [];
  await runProgram([process.execPath, '-e', code], tenantEnvironment(connection), {
    cwd: '/',
    env: { KEPT: 'yes' },
    signal: new AbortController().signal,
    readsInput: false,
    onLine: (line) => lines.push(line),
  });
  return lines;
}

test("a program gets the tenant's own connection, in the forms that programs know", async () => {
  const names = [
    'PGHOST',
    'PGPORT',
    'PGDATABASE',
    'PGUSER',
    'PGPASSWORD',
    'TENANTRY_TENANT',
    'KEPT',
  ];
  const code = `for (const name of ${JSON.stringify(names)}) console.log(process.env[name]);
    const url = new URL(process.env.DATABASE_URL);
    console.log(decodeURIComponent(url.password), url.hostname, url.port, url.pathname);`;

  expect(await outputOf(code)).toEqual([
    '::1',
    '5433',
    'tenantry',
    't_0123456789abacme',
    'p@ss/word',
    'acme',
    'yes',
    'p@ss/word [::1] 5433 /tenantry',
  ]);
});

test('lines of both streams are handed on whole, the last one without an end too', async () => {
  const code = `process.stdout.write('a'); process.stdout.write('b\\nc'); process.stderr.write('d\\n');`;

  expect((await outputOf(code)).toSorted()).toEqual(['ab', 'c', 'd']);
});

test('a program that fails or is not there is an error that says so', async () => {
  await expect(outputOf('process.exit(3)')).rejects.toThrow(/ended with 3/);
  await expect(
    runProgram(
      ['no-such-program'],
      {},
      {
        cwd: '/',
        env: {},
        signal: new AbortController().signal,
        readsInput: false,
        onLine: () => undefined,
      },
    ),
  ).rejects.toThrow(/no-such-program: spawn no-such-program ENOENT/);
});
