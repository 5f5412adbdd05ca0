import { afterAll, beforeAll, expect, test } from 'vitest';
import { startSystem, type LocalSystem } from '../support/local-system.ts';
import { signIn } from '../support/sign-in.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;
let headers: Readonly<Record<string, string>>;

beforeAll(async () => {
  project = await openDeployedProject();
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
  await Promise.all(
    ['thor', 'potter'].map((slug) =>
      system.createTenant(slug, { name: slug, fields: { sample: true } }),
    ),
  );
  headers = await signIn(system, 'thor');
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

const thor = (path: string, more: object = {}) =>
  system.request({ host: 'thor.localhost', path, ...more });
const potter = (path: string, more: object = {}) =>
  system.request({ host: 'potter.localhost', path, ...more });

test('two tenants answer at their host names with their own polls', async () => {
  const [one, other] = [await thor('/polls'), await potter('/polls')];
  expect([one.status, other.status]).toEqual([200, 200]);
  expect(one.text).toContain('What should thor build next?');
  expect(other.text).toContain('What should potter build next?');
  expect(one.text).not.toContain('potter');
  expect(other.text).not.toContain('thor');
});

test('a poll is made with its choices and read back at its tenant only', async () => {
  const body = { question: 'Hammer or axe?', choices: ['Hammer', 'Axe'], category: 'team' };
  const created = await thor('/polls', { method: 'POST', headers, body });
  expect(created.status).toBe(201);
  const poll = created.json<{ id: string }>();
  expect(poll).toMatchObject({
    question: 'Hammer or axe?',
    category: { id: 'team', name: 'Team' },
    choices: [
      { text: 'Hammer', votes: '0' },
      { text: 'Axe', votes: '0' },
    ],
  });
  expect((await thor(`/polls/${poll.id}`)).json()).toEqual(poll);
  const elsewhere = await potter(`/polls/${poll.id}`);
  expect(elsewhere.text).not.toContain('Hammer');
});

test('shared categories are readable at every tenant', async () => {
  const [one, other] = [await thor('/categories'), await potter('/categories')];
  expect(one.json<{ categories: unknown[] }>().categories).toHaveLength(4);
  expect(other.text).toBe(one.text);
});

test('the main domain answers the same paths with handlers of its own', async () => {
  const home = await system.request({ host: 'localhost', path: '/' });
  expect(home.status).toBe(200);
  expect(home.headers['content-type']).toContain('text/html');
  const polls = await system.request({ host: 'localhost', path: '/polls' });
  expect([polls.status, polls.headers['content-type']]).toEqual([
    200,
    home.headers['content-type'],
  ]);
  expect(polls.text).toContain('Where polls are');
  expect((await thor('/polls')).headers['content-type']).toBe('application/json');
  expect((await system.request({ host: 'localhost.', path: '/polls' })).text).toBe(polls.text);
  expect((await system.request({ host: 'localhost', path: '/categories' })).status).toBe(404);
  const post = { host: 'localhost', path: '/polls', method: 'POST', headers };
  expect((await system.request({ ...post, body })).status).toBe(405);
});

const body = { question: 'Q?', choices: ['a', 'b'] };

test.each([
  ['{"question": ', 400, 'BODY_NOT_JSON', undefined],
  ['', 400, 'BODY_NOT_JSON', undefined],
  [[], 422, 'BODY_INVALID', ''],
  [{ ...body, question: '' }, 422, 'BODY_INVALID', 'question'],
  [{ question: 'Q?' }, 422, 'BODY_INVALID', 'choices'],
  [{ ...body, choices: ['a'] }, 422, 'BODY_INVALID', 'choices'],
  [{ ...body, choices: ['a', 'a'] }, 422, 'BODY_INVALID', 'choices'],
  [{ ...body, choices: ['a', 7] }, 422, 'BODY_INVALID', 'choices.1'],
  [{ ...body, colour: 'red' }, 422, 'BODY_INVALID', ''],
  [{ ...body, category: 'none' }, 422, 'BODY_INVALID', 'category'],
  [{ ...body, question: 'nul \u0000' }, 422, 'BODY_INVALID', 'question'],
])(
  'a body that does not fit is refused with field and reason, and nothing is stored: %j',
  async (sent, status, code, path) => {
    const before = (await thor('/polls')).text;
    const answer = await thor('/polls', { method: 'POST', headers, body: sent });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    const problem = answer.json<{
      status: number;
      code: string;
      errors?: { path: string; message: string }[];
    }>();
    expect([answer.status, problem.code, problem.errors?.[0]?.path]).toEqual([status, code, path]);
    expect((await thor('/polls')).text).toBe(before);
  },
);

test('an unknown path names the known ones, an unknown method the allowed ones', async () => {
  const path = await thor('/pools');
  expect([path.status, path.json()['code']]).toEqual([404, 'ROUTE_NOT_FOUND']);
  expect(path.text).toContain('/polls/{id}');
  const method = await thor('/polls', { method: 'DELETE' });
  expect([method.status, method.headers['allow']]).toEqual([405, 'GET, POST']);
});

test.each(['0', '-1', 'x', '99999999999999999999', '1%20or%201=1', "1'"])(
  'no poll is at /polls/%s',
  async (id) => {
    expect((await thor(`/polls/${id}`)).status).toBe(404);
  },
);

test.each([
  'unknown.localhost',
  'www.localhost',
  'admin.localhost',
  'a.thor.localhost',
  'thor.localhost..',
  'thor.localhost:1',
  'thor.localhost.evil.com',
  'evil.com',
  '127.0.0.1',
  '[::1]',
  'thor%2elocalhost',
  'thor.localhost@evil.com',
  'thor.localhost,potter.localhost',
  'xn--thr-0na.localhost',
  'thor',
])('no tenant is at %s, and the answer is always the same', async (host) => {
  const answer = await system.request({ host, path: '/polls' });
  const unknown = await system.request({ host: 'unknown.localhost', path: '/polls' });
  expect(answer.status).toBe(404);
  expect(answer.text).toBe(unknown.text);
});

test.each(['THOR.localhost', 'thor.localhost.', 'thor.localhost:443'])(
  '%s is thor',
  async (host) => {
    expect((await system.request({ host, path: '/polls' })).text).toContain(
      'What should thor build next?',
    );
  },
);

test.each(['x-forwarded-host', 'forwarded', 'x-original-host', 'x-host'])(
  'the header %s chooses no tenant',
  async (name) => {
    const value = name === 'forwarded' ? 'host=potter.localhost' : 'potter.localhost';
    const answer = await thor('/polls', { headers: { [name]: value } });
    expect(answer.text).toContain('What should thor build next?');
  },
);

test('requests of many tenants at once never mix', async () => {
  const answers = await Promise.all(
    Array.from({ length: 60 }, async (_, index) => {
      const slug = index % 2 === 0 ? 'thor' : 'potter';
      return [
        slug,
        (await system.request({ host: `${slug}.localhost`, path: '/polls' })).text,
      ] as const;
    }),
  );
  for (const [slug, text] of answers) expect(text).toContain(`What should ${slug} build next?`);
});

test('a paused cluster delays a request and does not fail it', async () => {
  system.runtime.faults.inject('resuming', {
    times: 2,
    matches: ({ sql }) => /from "poll"/.test(sql ?? ''),
  });
  expect((await thor('/polls')).status).toBe(200);
});

test('a write whose answer was lost is not sent twice', async () => {
  const question = 'Asked once?';
  const isInsert = ({ sql }: { sql: string | undefined }) => /insert into "poll"/.test(sql ?? '');
  system.runtime.faults.inject('dropped-reply', { matches: isInsert });
  const answer = await thor('/polls', {
    method: 'POST',
    headers,
    body: { ...body, question },
  });
  expect(answer.status).toBe(500);
  expect(answer.text).not.toMatch(/insert|ECONNRESET|socket/i);
  const polls = (await thor('/polls')).json<{ polls: { question: string }[] }>().polls;
  expect(polls.filter((poll) => poll.question === question).length).toBeLessThanOrEqual(1);
});
