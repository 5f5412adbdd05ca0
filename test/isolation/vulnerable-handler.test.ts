import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openArena, type Arena } from './arena.ts';
import { fillIn } from './attacks/attack.ts';
import type { Citizen } from './citizens.ts';
import { ways } from './roads.ts';
import { takeSnapshot, type Snapshot } from './take-snapshot.ts';
import { openVulnerableApi, type VulnerableApi } from './vulnerable-api.ts';

let arena: Arena;
let apis: Readonly<Record<(typeof ways)[number], VulnerableApi>>;
let before: readonly Snapshot[];

beforeAll(async () => {
  arena = await openArena();
  apis = { 'data-api': openVulnerableApi(arena, 'data-api'), pg: openVulnerableApi(arena, 'pg') };
  before = await takeSnapshots();
});
afterAll(async () => {
  await Promise.all(ways.map(async (way) => await apis[way].close()));
  await arena.close();
});

async function takeSnapshots(): Promise<Snapshot[]> {
  const snapshots = [];
  for (const victim of arena.victims) snapshots.push(await takeSnapshot(arena, victim));
  return snapshots;
}

/** The attackers, each once: a request always works in the tenant's own database. */
function attackers(): Citizen[] {
  return [...new Set(arena.attackers.map(({ tenant }) => tenant))];
}

/** Names that customers chose, and a line of the server's own files. */
const secrets = /hulk-|Banner|gamma-plan|root:/;

const union = (query: string) => `' union all select 0, ${query} -- `;

const injections = [
  "' or '1' = '1",
  "' or true -- ",
  union("'x' from {victim}.poll"),
  union('(select string_agg(question, $$,$$) from {victim}.poll)'),
  union('(select string_agg(question, $$,$$) from poll)'),
  union('cast(count(*) as text) from {victim}.poll'),
  union("query_to_xml('select * from {victim}.poll', true, true, '')::text"),
  union("set_config('search_path', '{victim}', false)"),
  union("set_config('role', '{victim_role}', false)"),
  union("set_config('session_authorization', '{victim_role}', false)"),
  union("set_config('statement_timeout', '0', false)"),
  union("set_config('app.tenant', '{victim_role}', false)"),
  union('cast(pg_advisory_lock(4711) as text)'),
  union("pg_read_file('/etc/passwd')"),
  union('cast(nextval($${victim}.ticket$$) as text)'),
  union('rolpassword from pg_authid'),
  union('slug from catalog.tenants'),
  union('prosrc from pg_proc where prosrc like $$%{marker}%$$'),
  union('string_agg(query, $$ $$) from pg_stat_activity'),
  union('cast(lo_creat(1) as text)'),
  "' and (select count(*) from {victim}.poll) > 0 -- ",
  "' and cast((select question from {victim}.poll limit 1) as int) > 0 -- ",
  "' and 1 / (select count(*) - 8 from {victim}.poll) > 0 -- ",
  "'; drop table poll; -- ",
  "'; delete from {victim}.poll; -- ",
  "'; set role {victim_role}; -- ",
  "'; set search_path = {victim}; select * from poll; -- ",
  "'; commit; begin; -- ",
  "'; alter role {self_role} password 'x'; -- ",
  "'; do $$ begin perform * from {victim}.poll; end $$; -- ",
  "' order by (select question from {victim}.poll limit 1) -- ",
  String.raw`\' union all select 0, question from {victim}.poll -- `,
  "%' /* {marker} */ -- ",
  '\u0000',
  '%27 or 1=1',
];

describe.each(ways)('over %s', (way) => {
  test.each(injections)(
    'whatever is injected into a handler stays inside its tenant: %s',
    async (injection) => {
      for (const self of attackers()) {
        for (const victim of arena.victims) {
          const [text = ''] = fillIn({ sql: injection }, self, victim);
          const { status, body } = await apis[way].search(self.host, text);
          expect([200, 500, 503]).toContain(status);
          expect(body.replaceAll(text, '')).not.toContain(victim.marker);
          expect(body).not.toMatch(secrets);
          expect(apis[way].takeLog().replaceAll(text, '')).not.toMatch(secrets);
          await expectOwnPolls(apis[way], self);
        }
      }
    },
  );

  test('no header leads a request to another tenant', async () => {
    for (const self of attackers()) {
      for (const { host } of arena.victims) {
        const headers = {
          'x-forwarded-host': host,
          forwarded: `host=${host}`,
          'x-original-host': host,
          'x-host': host,
          'x-tenant-id': host,
        };
        const { body } = await apis[way].search(self.host, '', headers);
        expect(questionsOf(body)).toEqual(ownQuestions(self));
      }
    }
  });
});

/** The next request finds a session as if nobody had been there. */
async function expectOwnPolls(api: VulnerableApi, self: Citizen): Promise<void> {
  const { status, body } = await api.search(self.host, '');
  expect(status).toBe(200);
  expect(questionsOf(body)).toEqual(ownQuestions(self));
}

function ownQuestions({ marker, pollIds }: Citizen): string[] {
  return pollIds.map((_, index) => `${marker} asks ${index + 1}`);
}

function questionsOf(body: string): string[] {
  return (JSON.parse(body) as { question: string }[]).map(({ question }) => question);
}

test('the handler is open indeed: an injection that stays inside the tenant is run', async () => {
  for (const way of ways) {
    for (const self of attackers()) {
      const injected = await apis[way].search(self.host, `nothing${union('current_user::text')}`);
      expect(injected.body).toBe(JSON.stringify([{ id: '0', question: self.role }]));
    }
  }
});

test('after all injections every tenant has the rows, objects, rights and ledger it had', async () => {
  expect(await takeSnapshots()).toEqual(before);
});
