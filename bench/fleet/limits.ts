import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCluster } from '@tenantry/testing';
import { Client } from 'pg';
import { inLanes, schemaNames, type Contender } from './contender.ts';
import { writePlainSql, type PlainSql, type Walls } from './plain-sql.ts';
import type { Workload } from './workload.ts';

/** Whether there is a psql to measure with. */
export function isPsqlThere(): boolean {
  return spawnSync('psql', ['--version']).status === 0;
}

/** psql: each session sends its part of the tenants from a file, a message for each. */
export function psql(workload: Workload, sessions: number, walls: Walls): Contender {
  return {
    name: `psql, ${sessions} sessions${walls === 'roles' ? ', roles' : ''}`,
    async open(cluster, tenants) {
      const plain = await writePlainSql(workload, walls);
      const run = async (messages: readonly (readonly string[])[]) =>
        await runPsql(cluster, plain, splitAmong(messages, sessions));
      const schemas = schemaNames(tenants);
      return {
        create: async () => await run(schemas.map((schema) => plain.createTenant(schema))),
        applyOneMore: async () => await run(schemas.map((schema) => plain.applyOneMore(schema))),
        close: async () => undefined,
      };
    },
  };
}

function splitAmong<Item>(items: readonly Item[], parts: number): Item[][] {
  return Array.from({ length: parts }, (_, part) =>
    items.filter((_item, index) => index % parts === part),
  );
}

async function runPsql(
  { postgres, adminLogin }: ClusterWithAdmin,
  { prelude }: PlainSql,
  sessions: readonly (readonly (readonly string[])[])[],
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-bench-'));
  try {
    await Promise.all(
      sessions.map(async (messages, index) => {
        const file = join(folder, `${index}.sql`);
        const lines = [prelude, ...messages].filter((message) => message.length > 0);
        await writeFile(file, lines.map((message) => `${message.join(' \\;\n')};\n`).join(''));
      }),
    );
    const env = {
      PATH: process.env['PATH'],
      PGHOST: postgres.host,
      PGPORT: String(postgres.port),
      PGDATABASE: postgres.database,
      PGUSER: adminLogin.user,
      PGPASSWORD: adminLogin.password,
    };
    await Promise.all(sessions.map((_, index) => runFile(join(folder, `${index}.sql`), env)));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The cluster, with the login of its master user. */
type ClusterWithAdmin = Pick<TestCluster, 'postgres' | 'adminLogin'>;

async function runFile(file: string, env: NodeJS.ProcessEnv): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const args = ['-Xq', '-v', 'ON_ERROR_STOP=1', '-f', file];
  const child = spawn('psql', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  child.once('error', reject);
  child.once('exit', (code) =>
    code === 0 ? resolve() : reject(new Error(`psql ended with ${code}`)),
  );
  await promise;
}

/** A loop written by hand over `pg`: kept sessions, one message for each tenant. */
export function nodeLoop(workload: Workload, sessions: number): Contender {
  return {
    name: `Node loop, ${sessions} sessions`,
    async open({ postgres, adminLogin }, tenants) {
      const plain = await writePlainSql(workload, 'none');
      const login = { ...postgres, user: adminLogin.user, password: adminLogin.password };
      const clients = Array.from({ length: sessions }, () => new Client(login));
      await Promise.all(clients.map((client) => client.connect()));
      const run = async (textOf: (schema: string) => readonly string[]) =>
        await inLanes(schemaNames(tenants), sessions, async (schema, lane) =>
          clients[lane]?.query(textOf(schema).join(';\n')),
        );
      return {
        create: async () => await run(plain.createTenant),
        applyOneMore: async () => await run(plain.applyOneMore),
        close: async () => void (await Promise.all(clients.map((client) => client.end()))),
      };
    },
  };
}
