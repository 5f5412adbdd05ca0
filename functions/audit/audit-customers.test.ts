import {
  ServerNotReachedError,
  ServerRefusedError,
  newTenantId,
  type AuditedTenant,
  type TenantsDatabase,
} from '@tenantry/tenancy';
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type QueryResult,
} from 'kysely';
import { afterEach, expect, test, vi } from 'vitest';
import { auditCustomers, findAtCustomers, type WithCustomerDatabase } from './audit-customers.ts';

afterEach(() => {
  vi.useRealTimers();
});

function databaseOf(name: string): TenantsDatabase {
  return {
    tenantId: newTenantId(),
    host: 'db.example.com',
    port: 6432,
    tls: 'verify',
    name,
    user: 'chief',
    adminSecretArn: 'arn:admin',
    migratorSecretArn: 'arn:migrator',
    isNew: true,
    isBegun: true,
    isOurs: true,
  };
}

function toTenants(
  databases: readonly TenantsDatabase[],
  differences: Partial<AuditedTenant> = {},
): ReadonlyMap<string, AuditedTenant> {
  const tenants = databases.map(({ tenantId: id, name: slug }): [string, AuditedTenant] => [
    id,
    {
      id,
      slug,
      status: 'active',
      isolation: 'database',
      cluster: 'main',
      pool: null,
      secretArn: 'arn:tenant',
      hasDomain: true,
      isCustomers: true,
      ...differences,
    },
  ]);
  return new Map(tenants);
}

/** A server that answers each question of an audit with these rows, and has no traces of tenants. */
function answering(...rows: readonly object[]): WithCustomerDatabase {
  const db = new Kysely<unknown>({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new AnsweringDriver(rows),
      createIntrospector: (all) => new PostgresIntrospector(all),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  return async (_, fn) => await fn(db);
}

class AnsweringDriver extends DummyDriver {
  readonly #rows: readonly object[];

  constructor(rows: readonly object[]) {
    super();
    this.#rows = rows;
  }

  override async acquireConnection() {
    const rows = [...this.#rows];
    return await Promise.resolve({
      executeQuery: async <Row>({ sql }: CompiledQuery) => {
        const answered = sql.startsWith('with role') ? rows : [];
        return await Promise.resolve({ rows: answered } as unknown as QueryResult<Row>);
      },
      async *streamQuery() {},
    });
  }
}

async function audit(
  databases: readonly TenantsDatabase[],
  withDatabase: WithCustomerDatabase,
  after = toTenants(databases),
) {
  const before = toTenants(databases);
  const looks = await auditCustomers(databases, before, withDatabase);
  return findAtCustomers(looks, { before, after });
}

const login = { server: { host: 'db.example.com', port: 6432 }, user: 'm_x' };

test('a server that lets nobody in is a finding with host and port, once for each of its tenants', async () => {
  const databases = [databaseOf('one'), databaseOf('two')];
  const findings = await audit(databases, () => {
    throw new ServerNotReachedError(login, 'ECONNREFUSED');
  });
  expect(findings.map(({ code, cluster, object }) => [code, cluster, object])).toEqual(
    databases.map(() => [
      'SERVER_UNREACHABLE',
      'db.example.com:6432',
      'server db.example.com:6432',
    ]),
  );
  expect(findings.map(({ tenantId }) => tenantId)).toEqual(
    databases.map(({ tenantId }) => tenantId),
  );
  expect(findings[0]?.what).toContain('was not reached as user "m_x" (ECONNREFUSED)');
});

test('a database that is gone from its server is missing', async () => {
  const gone = { refusal: 'database-missing', why: 'it does not exist', next: '' } as const;
  const [finding] = await audit([databaseOf('gone')], () => {
    throw new ServerRefusedError(login, gone);
  });
  expect(finding).toMatchObject({ code: 'MISSING_DATABASE', object: 'database gone' });
});

test('a server that never answers takes a minute and no more, and the others are looked at', async () => {
  vi.useFakeTimers();
  const databases = [databaseOf('silent'), databaseOf('lost')];
  const found = audit(databases, async ({ name }) => {
    if (name === 'silent') return await new Promise(() => {});
    throw new ServerNotReachedError(login, 'ECONNREFUSED');
  });
  await vi.advanceTimersByTimeAsync(60_000);
  expect((await found).map(({ what }) => what)).toEqual([
    'Error: it did not answer within 60 s',
    expect.stringContaining('ECONNREFUSED'),
  ]);
});

test('only tenants at work are looked at, and who is deleted meanwhile is no finding', async () => {
  const databases = [databaseOf('one')];
  const refuse: WithCustomerDatabase = () => {
    throw new ServerNotReachedError(login, 'ECONNREFUSED');
  };
  const failed = toTenants(databases, { status: 'failed' });
  expect(await auditCustomers(databases, failed, refuse)).toEqual([]);
  expect(await audit(databases, refuse, toTenants(databases, { status: 'deleting' }))).toEqual([]);
});

const row = {
  code: 'ROLE_POWER',
  check_number: 0,
  total: 1n,
  subject: 'o_x',
  object: 'role x',
  what: 'it is odd',
  commands: ['alter role x nologin'],
  repaired_by: 'platform_provisioner',
  is_automatic: true,
};

test.each<[string, Partial<Record<keyof typeof row, unknown>>]>([
  ['a code that there is not', { code: 'MADE_UP' }],
  ['a command that is no text', { commands: [{ drop: 'everything' }] }],
  ['a sentence that is none', { what: 7 }],
])("a server's answer that cannot be one is a finding, and no failure: %s", async (_, wrong) => {
  const findings = await audit([databaseOf('odd')], answering({ ...row, ...wrong }));
  expect(findings.map(({ code }) => code)).toEqual(['SERVER_UNREACHABLE']);
});

test('what steers a terminal is not shown, and no command with it is offered', async () => {
  const answer = answering({
    ...row,
    object: 'role \u001B[31mx',
    commands: ['alter role "\u001B[31mx" nologin'],
  });
  const [finding] = await audit([databaseOf('sly')], answer);
  expect(finding).toMatchObject({ object: 'role ?[31mx', repair: null });
});

test.each([
  ['platform_provisioner', 'customer_login', true],
  ['administrator', 'administrator', false],
  ['operator', 'administrator', false],
])(
  "no answer of somebody else's server sends anybody of the platform to work: %s",
  async (repairedBy, as, isAutomatic) => {
    const customer = databaseOf('sly');
    const answer = answering({ ...row, repaired_by: repairedBy });
    const [look] = await auditCustomers([customer], toTenants([customer]), answer);
    expect(look?.answer.findings[0]?.repair).toMatchObject({ as, isAutomatic });
  },
);
