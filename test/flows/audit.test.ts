import {
  CreateSecretCommand,
  DeleteSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type {
  AuditActions,
  AuditReport,
  ControlActions,
  HealthActions,
  RepairActions,
} from '@tenantry/tenancy';
import { newTenantId } from '@tenantry/tenancy';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../support/cli-process.ts';
import { openAsTenant, readLogin, startSystem, type LocalSystem } from '../support/local-system.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';
import { pgDialect } from '@tenantry/database';
import { Kysely } from 'kysely';
import type { AnyDb } from '../support/open-test-cluster.ts';

let project: TestProject;
let system: LocalSystem;
let provisioner: AnyDb;
const ids = new Map<string, string>();

const isolations = { plain: 'schema', alone: 'database', pooled: 'table', light: 'cache' } as const;

beforeAll(async () => {
  project = await openDeployedProject();
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
  await Promise.all(
    Object.entries(isolations).map(async ([slug, isolation]) => {
      const { id } = await system.createTenant(slug, { isolation });
      ids.set(slug, id);
    }),
  );
  const { username: user, password } = await readLogin(
    system.runtime,
    'platform/platform_provisioner',
  );
  const { host, port, admin } = system.runtime.postgres;
  const { database } = admin;
  provisioner = new Kysely({ dialect: pgDialect({ host, port, database, user, password }) });
});
afterAll(async () => {
  await provisioner?.destroy();
  await system?.close();
  await project?.remove();
});

async function invoke<Result>(name: string, action: string, input: object): Promise<Result> {
  const answer = await system.runtime.invoke(
    `tenantry-${system.runtime.description.stage}-${name}`,
    {
      action,
      input,
    },
  );
  if (answer.functionError !== undefined) throw new Error(JSON.stringify(answer.payload));
  const { ok, result, error } = answer.payload as { ok: boolean; result: Result; error: unknown };
  if (!ok) throw new Error(JSON.stringify(error));
  return result;
}

async function audit(): Promise<AuditReport> {
  const result = await invoke<AuditActions['run-audit']['result']>('audit', 'run-audit', {
    actor: 'test',
  });
  return result.audit;
}

async function repair(): Promise<RepairActions['repair-findings']['result']> {
  return await invoke('repair', 'repair-findings', { actor: 'test' });
}

function nameFindings({ findings }: AuditReport): string[] {
  return findings.map(({ code, slug, object }) => `${code} ${slug ?? '-'} ${object}`).toSorted();
}

async function run(...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(provisioner);
}

function client(): SecretsManagerClient {
  const { endpointUrl: endpoint, description } = system.runtime;
  const { region, credentials } = description;
  return new SecretsManagerClient({ endpoint, region, credentials });
}

test('tenants of every isolation, made by their workflows, give no finding', async () => {
  const report = await audit();
  expect(nameFindings(report)).toEqual([]);
  expect(report).toMatchObject({ databases: 2, tenants: 4, more: 0, actor: 'test' });
});

test('what an audit found is kept, and the control function shows it', async () => {
  const report = await audit();
  const { health } = await invoke<HealthActions['show-health']['result']>(
    'control',
    'show-health',
    {},
  );
  expect(health).toMatchObject({
    audit: report,
    tenants: { active: 4 },
    behind: 0,
    failed: [],
    stuckTenants: [],
    stuckRuns: [],
    staleSchemas: [],
  });
});

test('roles, schemas, databases and secrets without a tenant are named, and no repair drops them', async () => {
  const id = newTenantId();
  await run(
    `select tenantry.provision_schema('${id}', null, 10)`,
    `create database t_${id}`,
    `revoke all on database t_${id} from public`,
  );
  const secrets = client();
  const name = `tenantry/${system.runtime.description.stage}/tenant/${id}`;
  await secrets.send(new CreateSecretCommand({ Name: name, SecretString: '{}' }));
  const expected = [
    `ORPHAN_DATABASE - database t_${id}`,
    `ORPHAN_ROLE - role o_${id}`,
    `ORPHAN_ROLE - role t_${id}`,
    `ORPHAN_SCHEMA - schema t_${id}`,
    `ORPHAN_SECRET - secret ${name}`,
  ];
  expect(nameFindings(await audit())).toEqual(expected);

  expect(await repair()).toEqual({ repaired: [] });
  const { findings } = await audit();
  expect(nameFindings({ findings } as AuditReport)).toEqual(expected);

  for (const finding of findings.filter(({ repair: how }) => how?.as === 'platform_provisioner'))
    await run(...(finding.repair?.commands ?? []));
  await secrets.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 30 }));
  secrets.destroy();
  expect(nameFindings(await audit())).toEqual([]);
});

test('rights that tenants lost are given back by a repair, which the audit trail keeps', async () => {
  const id = (slug: keyof typeof isolations) => ids.get(slug) ?? '';
  await run(
    `alter role t_${id('plain')} nologin`,
    `revoke usage on schema t_${id('plain')} from t_${id('plain')}`,
    `revoke p_main from t_${id('pooled')}`,
    `revoke app_tenants from t_${id('alone')}`,
  );
  expect(nameFindings(await audit())).toEqual([
    `MISSING_RIGHT alone role t_${id('alone')}`,
    `MISSING_RIGHT plain role t_${id('plain')}`,
    `MISSING_RIGHT plain role t_${id('plain')}`,
    `MISSING_RIGHT pooled role t_${id('pooled')}`,
    // Its path leads to a pool that it has left.
    `ROLE_SETTING pooled role t_${id('pooled')}`,
  ]);
  const { repaired } = await repair();
  expect(repaired.map(({ failure }) => failure)).toEqual([null, null, null, null, null]);
  await repair();
  expect(nameFindings(await audit())).toEqual([]);
  const trail = await sql<{ count: bigint }>`
    select count(*) as count from catalog.audit where action = 'repair-finding' and outcome = 'done'`.execute(
    system.admin,
  );
  expect(Number(trail.rows[0]?.count)).toBeGreaterThanOrEqual(5);
  expect((await system.request({ host: 'plain.localhost', path: '/polls' })).status).toBe(200);
});

test("settings that a tenant changed itself are reported, and set back by the night's repair", async () => {
  await openAsTenant(system, 'plain', async (db) => {
    await sql`alter role current_user set search_path = 'nowhere'`.execute(db);
    await sql`alter role current_user set statement_timeout = 0`.execute(db);
  });
  const role = `role t_${ids.get('plain')}`;
  expect(nameFindings(await audit())).toEqual([`ROLE_SETTING plain ${role}`]);
  const { repaired } = await invoke<RepairActions['repair-findings']['result']>(
    'repair',
    'repair-findings',
    { codes: ['ROLE_SETTING'], actor: 'schedule' },
  );
  expect(repaired.map(({ finding, failure }) => [finding.object, failure])).toEqual([[role, null]]);
  expect(nameFindings(await audit())).toEqual([]);
  const path = await openAsTenant(system, 'plain', async (db) => {
    const { rows } = await sql<{ search_path: string }>`show search_path`.execute(db);
    return rows[0]?.search_path;
  });
  expect(path).toBe(`t_${ids.get('plain')}, shared`);
});

interface CheckAnswer {
  readonly gotThrough: number;
  readonly attacks: readonly {
    isolation: string;
    name: string;
    outcome: string;
    hasHeld: boolean;
  }[];
}

async function checkIsolation(...more: readonly string[]) {
  const args = ['isolation', 'check', '--json', '--data', project.dataDir, ...more];
  const { status, stdout, stderr } = await runCommand(args, project.dataDir);
  if (stdout === '') throw new Error(stderr);
  return { status, answer: JSON.parse(stdout) as CheckAnswer };
}

test('the walls of all isolations hold against synthetic tenants, of which nothing is left', async () => {
  const { status, answer } = await checkIsolation();
  expect(answer.attacks.filter(({ hasHeld }) => !hasHeld)).toEqual([]);
  expect(status).toBe(0);
  expect(new Set(answer.attacks.map(({ isolation }) => isolation))).toEqual(
    new Set(['schema', 'database', 'table', 'cache']),
  );
  expect(answer.attacks.length).toBeGreaterThan(200);
  const { tenants } = await invoke<ControlActions['list-tenants']['result']>(
    'control',
    'list-tenants',
    {},
  );
  expect(tenants.map(({ slug }) => slug).toSorted()).toEqual(Object.keys(isolations).toSorted());
  expect(nameFindings(await audit())).toEqual([]);
});

test('an open wall is found by the check, which names what got through and ends with 1', async () => {
  const asOwner = async (statement: string): Promise<void> => {
    await system.admin.transaction().execute(async (trx) => {
      await sql`set local role o_shared`.execute(trx);
      await sql.raw(statement).execute(trx);
    });
  };
  await asOwner(
    'create function shared.peek() returns int language sql security definer as $$ select 1 $$',
  );
  const { status, answer } = await checkIsolation('--isolation', 'schema');
  expect(status).toBe(1);
  const through = answer.attacks.filter(({ hasHeld }) => !hasHeld);
  expect(new Set(through.map(({ name }) => name))).toEqual(
    new Set(['find a function with the rights of its owner']),
  );
  expect(nameFindings(await audit())).toEqual(['SECURITY_DEFINER - function shared.peek()']);
  await asOwner('drop function shared.peek()');
});

test('a tenant that is no synthetic one is never attacked', async () => {
  const attacked = invoke('isolation-check', 'check-isolation', {
    attacker: 'plain.localhost',
    victim: 'alone.localhost',
  });
  await expect(attacked).rejects.toThrow(/TENANT_INPUT_INVALID.*synthetic/);
});

test("a tenant's secret that is gone is named", async () => {
  const secrets = client();
  const name = `tenantry/${system.runtime.description.stage}/tenant/${ids.get('plain')}`;
  await secrets.send(new DeleteSecretCommand({ SecretId: name, RecoveryWindowInDays: 30 }));
  secrets.destroy();
  expect(nameFindings(await audit())).toEqual([`MISSING_SECRET plain secret ${name}`]);
});

test('a database that cannot be reached is named, and holds up no other', async () => {
  const name = `t_${ids.get('alone')}`;
  await run(`drop database ${name} with (force)`);
  const { findings } = await audit();
  for (const code of ['DATABASE_UNREACHABLE', 'MISSING_DATABASE']) {
    expect(findings).toContainEqual(
      expect.objectContaining({ code, slug: 'alone', object: `database ${name}` }),
    );
  }
  expect(findings).toContainEqual(expect.objectContaining({ code: 'MISSING_SECRET' }));
});
