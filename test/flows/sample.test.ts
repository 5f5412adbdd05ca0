import { signAccessToken } from '@tenantry/polls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAsTenant, startSystem, type LocalSystem } from '../support/local-system.ts';
import { signIn } from '../support/sign-in.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

/** All that have tables; the application's code is the same under each. */
const isolations = ['schema', 'database', 'table'] as const;

let project: TestProject;
let system: LocalSystem;

beforeAll(async () => {
  project = await openDeployedProject();
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

describe.each(isolations)('with isolation %s', (isolation) => {
  /** The slug of this isolation's tenant. */
  const slugOf = (name: string) => `${name}-${isolation}`;
  let tenantId: string;

  beforeAll(async () => {
    const [first] = await Promise.all(['thor', 'potter'].map(createTenant));
    tenantId = first?.id ?? '';
  });

  type Headers = Readonly<Record<string, string>>;

  interface Poll {
    readonly id: string;
    readonly choices: readonly { readonly id: string; readonly votes: string }[];
  }

  const createTenant = async (name: string) =>
    await system.createTenant(slugOf(name), { isolation });

  const at = (name: string) => {
    const host = `${slugOf(name)}.localhost`;
    return {
      get: (path: string) => system.request({ host, path }),
      post: (path: string, body: unknown, headers: Headers = {}) =>
        system.request({ host, path, method: 'POST', body, headers }),
      delete: (path: string, headers: Headers = {}) =>
        system.request({ host, path, method: 'DELETE', headers }),
    };
  };
  const thor = at('thor');
  const potter = at('potter');

  const newPoll = { question: 'Hammer or axe?', choices: ['Hammer', 'Axe'] };

  async function createPoll(headers: Headers): Promise<Poll> {
    const created = await thor.post('/polls', newPoll, headers);
    expect(created.status).toBe(201);
    return created.json<Poll>();
  }

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

  test('a user name is registered once at a tenant, in any spelling, and again at another', async () => {
    const account = { username: 'Jane.Doe', password: 'correct horse battery' };
    const created = await thor.post('/accounts', account);
    expect([created.status, created.json()]).toEqual([
      201,
      { id: expect.stringMatching(/^\d+$/), username: 'jane.doe', createdAt: expect.any(String) },
    ]);
    const twice = await thor.post('/accounts', { ...account, username: 'JANE.DOE' });
    expect([twice.status, twice.json()['code']]).toEqual([409, 'USERNAME_TAKEN']);
    expect((await potter.post('/accounts', account)).status).toBe(201);
  });

  test('what is stored of a password is a salted verifier', async () => {
    const account = { username: 'salted', password: 'the same for both' };
    await thor.post('/accounts', account);
    await thor.post('/accounts', { ...account, username: 'salted-too' });
    const stored = await openAsTenant(system, slugOf('thor'), async (db) => {
      const query = db.selectFrom('account').select('password_verifier');
      return await query.where('username', 'like', 'salted%').execute();
    });
    expect(stored).toHaveLength(2);
    expect(new Set(stored.map((row) => row['password_verifier'])).size).toBe(2);
    expect(JSON.stringify(stored)).not.toContain(account.password);
  });

  test('a wrong password and an unknown user are refused with the same bytes', async () => {
    const account = { username: 'signs-in', password: 'correct horse battery' };
    await thor.post('/accounts', account);
    expect((await thor.post('/sessions', account)).status).toBe(201);
    const wrong = await thor.post('/sessions', { ...account, password: 'wrong' });
    const unknown = await thor.post('/sessions', { ...account, username: 'nobody' });
    const elsewhere = await potter.post('/sessions', account);
    expect([wrong.status, wrong.json()['code']]).toEqual([401, 'SIGN_IN_REFUSED']);
    expect([unknown.status, unknown.text]).toEqual([401, wrong.text]);
    expect([elsewhere.status, elsewhere.text]).toEqual([401, wrong.text]);
  });

  /** Signs in as often as asked, one after the other or all at once, and answers the statuses in their order. */
  const signInStatuses = async (username: string, times: number, password = 'wrong') => {
    const answers = await Promise.all(
      Array.from({ length: times }, () => thor.post('/sessions', { username, password })),
    );
    return answers.map(({ status }) => status).toSorted((a, b) => a - b);
  };

  const letPass = async (username: string, minutes: number) =>
    await openAsTenant(system, slugOf('thor'), async (db) => {
      const earlier = new Date(Date.now() - minutes * 60_000);
      await db
        .updateTable('sign_in_attempt')
        .set({ began_at: earlier })
        .where('username', '=', username)
        .execute();
    });

  test('after five failures a user name waits, with the right password too, and another does not', async () => {
    const account = { username: 'forgets', password: 'correct horse battery' };
    await thor.post('/accounts', account);
    for (let attempt = 1; attempt <= 5; attempt += 1)
      expect(await signInStatuses('forgets', 1)).toEqual([401]);
    const waits = await thor.post('/sessions', account);
    expect([waits.status, waits.json()['code']]).toEqual([429, 'SIGN_IN_THROTTLED']);
    const seconds = Number(waits.headers['retry-after']);
    expect(seconds).toBeGreaterThan(14 * 60);
    expect(seconds).toBeLessThanOrEqual(15 * 60);
    expect((await potter.post('/accounts', account)).status).toBe(201);
    expect((await potter.post('/sessions', account)).status).toBe(201);
    await letPass('forgets', 14);
    expect((await thor.post('/sessions', account)).status).toBe(429);
    await letPass('forgets', 15);
    expect((await thor.post('/sessions', account)).status).toBe(201);
  });

  test('a user name that nobody has waits in the same words', async () => {
    await thor.post('/accounts', { username: 'is-there', password: 'correct horse battery' });
    const answers = await Promise.all(
      ['is-there', 'is-not-there'].map(async (username) => {
        await signInStatuses(username, 5);
        return await thor.post('/sessions', { username, password: 'wrong' });
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual([429, 429]);
    expect(answers[0]?.text).toBe(answers[1]?.text);
  });

  test('of ten wrong sign-ins at the same moment five are checked', async () => {
    await thor.post('/accounts', { username: 'in-a-hurry', password: 'correct horse battery' });
    const statuses = await signInStatuses('in-a-hurry', 10);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429, 429, 429]);
  });

  test('a sign-in forgets the failures before it, and old ones of any name are cleared away', async () => {
    const account = { username: 'remembers', password: 'correct horse battery' };
    await thor.post('/accounts', account);
    for (let round = 0; round < 3; round += 1) {
      await signInStatuses('remembers', 4);
      expect(await signInStatuses('remembers', 1, account.password)).toEqual([201]);
    }
    await signInStatuses('long-ago', 1);
    await letPass('long-ago', 16);
    await signInStatuses('today', 1);
    const names = await openAsTenant(system, slugOf('thor'), async (db) =>
      db.selectFrom('sign_in_attempt').select('username').execute(),
    );
    expect(names.map((row) => row['username'])).toContain('today');
    expect(names.map((row) => row['username'])).not.toContain('long-ago');
  });

  test('first sign-ins at the same moment share one signing key, and each tenant has its own', async () => {
    await createTenant('loki');
    const tokens = await Promise.all(
      Array.from({ length: 4 }, () => signIn(system, slugOf('loki'))),
    );
    const answers = await Promise.all(
      tokens.map((headers) => at('loki').post('/polls', newPoll, headers)),
    );
    expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201, 201]);
    await signIn(system, slugOf('thor'));
    const keys = await Promise.all(
      ['thor', 'loki'].map((slug) =>
        openAsTenant(system, slugOf(slug), async (db) =>
          db.selectFrom('signing_key').select('secret').execute(),
        ),
      ),
    );
    expect(keys.map((rows) => rows.length)).toEqual([1, 1]);
    expect(keys[0]).not.toEqual(keys[1]);
  });

  test("a token is refused at another tenant's host, changed, expired, and signed with another tenant's key", async () => {
    const { authorization } = await signIn(system, slugOf('thor'));
    const token = authorization.replace('Bearer ', '');
    const other = await signIn(system, slugOf('potter'));
    const secretOf = (slug: string) =>
      openAsTenant(system, slugOf(slug), async (db) => {
        const row = await db.selectFrom('signing_key').select('secret').executeTakeFirstOrThrow();
        return row['secret'] as Buffer;
      });
    const accountId = await openAsTenant(system, slugOf('thor'), async (db) => {
      const row = await db.selectFrom('account').select('id').executeTakeFirstOrThrow();
      return BigInt(row['id'] as string);
    });
    const expiresAt = new Date(Date.now() + 60_000);
    const claims = { accountId, tenantId, use: 'api', expiresAt } as const;
    const [own, strange] = [await secretOf('thor'), await secretOf('potter')];
    const sign = (change: object, secret = own) =>
      bearer(signAccessToken({ ...claims, ...change }, secret));

    expect((await thor.post('/polls', newPoll, sign({}))).status).toBe(201);
    const refused: Record<string, Headers> = {
      none: {},
      'of another scheme': { authorization: `Basic ${token}` },
      'of another tenant': other,
      'with a changed signature': bearer(
        `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`,
      ),
      'without a signature': bearer(token.split('.')[0] ?? ''),
      'of the administration': sign({ use: 'administration' }),
      expired: sign({ expiresAt: new Date(Date.now() - 1000) }),
      "signed with another tenant's key": sign({}, strange),
      "naming another tenant, signed with this tenant's key": sign({ tenantId: slugOf('potter') }),
      'of an account that is not there': sign({ accountId: 999_999n }),
    };
    const before = (await thor.get('/polls')).text;
    for (const [name, headers] of Object.entries(refused)) {
      const answer = await thor.post('/polls', newPoll, headers);
      expect([name, answer.status, answer.json()['code']]).toEqual([name, 401, 'TOKEN_REFUSED']);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
    expect((await thor.get('/polls')).text).toBe(before);
    expect((await potter.post('/polls', newPoll, { authorization })).status).toBe(401);
  });

  test('an account votes once in a poll, and only for one of its choices', async () => {
    const headers = await signIn(system, slugOf('thor'));
    const [poll, other] = [await createPoll(headers), await createPoll(headers)];
    const votes = `/polls/${poll.id}/votes`;
    const choiceId = poll.choices[1]?.id;
    expect((await thor.post(votes, { choiceId })).status).toBe(401);
    const counted = await thor.post(votes, { choiceId }, headers);
    expect([counted.status, counted.json()]).toEqual([201, { pollId: poll.id, choiceId }]);
    for (const choice of poll.choices) {
      const again = await thor.post(votes, { choiceId: choice.id }, headers);
      expect([again.status, again.json()['code']]).toEqual([409, 'ALREADY_VOTED']);
    }
    const foreign = await thor.post(votes, { choiceId: other.choices[0]?.id }, headers);
    expect([foreign.status, foreign.json()]).toMatchObject([
      422,
      { errors: [{ path: 'choiceId' }] },
    ]);
    const missing = await thor.post('/polls/999999/votes', { choiceId }, headers);
    expect([missing.status, missing.json()['code']]).toEqual([404, 'POLL_NOT_FOUND']);
    expect((await thor.get(`/polls/${poll.id}`)).json<Poll>().choices).toMatchObject([
      { votes: '0' },
      { votes: '1' },
    ]);
  });

  test('ten votes of one account at the same moment count once', async () => {
    const headers = await signIn(system, slugOf('thor'));
    const poll = await createPoll(headers);
    const body = { choiceId: poll.choices[0]?.id };
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => thor.post(`/polls/${poll.id}/votes`, body, headers)),
    );
    const statuses = answers.map((answer) => answer.status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);
  });

  test('only its creator deletes a poll, with its choices and votes', async () => {
    const [creator, stranger] = [
      await signIn(system, slugOf('thor')),
      await signIn(system, slugOf('thor')),
    ];
    const poll = await createPoll(creator);
    const path = `/polls/${poll.id}`;
    await thor.post(`${path}/votes`, { choiceId: poll.choices[0]?.id }, stranger);
    expect((await thor.delete(path)).status).toBe(401);
    const forbidden = await thor.delete(path, stranger);
    expect([forbidden.status, forbidden.json()['code']]).toEqual([403, 'NOT_THE_CREATOR']);
    expect((await thor.get(path)).status).toBe(200);
    const deleted = await thor.delete(path, creator);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    expect([(await thor.get(path)).status, (await thor.delete(path, creator)).status]).toEqual([
      404, 404,
    ]);
    const left = await openAsTenant(system, slugOf('thor'), async (db) =>
      db.selectFrom('vote').select('id').where('poll_id', '=', poll.id).execute(),
    );
    expect(left).toEqual([]);
  });

  test('pages hold every poll once, newest first, whatever is added meanwhile', async () => {
    await createTenant('pages');
    const headers = await signIn(system, slugOf('pages'));
    const add = async (question: string) =>
      (await at('pages').post('/polls', { ...newPoll, question }, headers)).status;
    for (const name of ['1', '2', '3', '4', '5']) expect(await add(name)).toBe(201);
    const questions: string[] = [];
    let path = '/polls?limit=2';
    for (;;) {
      const { polls, next } = (await at('pages').get(path)).json<{
        polls: { question: string }[];
        next: string | null;
      }>();
      questions.push(...polls.map((poll) => poll.question));
      if (next === null) break;
      expect(polls).toHaveLength(2);
      await add('later');
      path = `/polls?limit=2&after=${next}`;
    }
    expect(questions).toEqual(['5', '4', '3', '2', '1']);
  });

  test.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'limit=',
    'after=',
    'after=MA',
    'after=!',
    'page=2',
  ])('the query %s is refused with its name and why', async (query) => {
    const answer = await thor.get(`/polls?${query}`);
    expect([answer.status, answer.json()]).toMatchObject([
      422,
      { code: 'QUERY_INVALID', errors: [{ message: expect.any(String) }] },
    ]);
  });

  test("a tenant's list has that tenant's objects only, without a filter in the query", async () => {
    const headers = await signIn(system, slugOf('potter'));
    await potter.post('/polls', { ...newPoll, question: 'Owl or cat?' }, headers);
    await createPoll(await signIn(system, slugOf('thor')));
    const [own, other] = [await potter.get('/polls?limit=100'), await thor.get('/polls?limit=100')];
    expect(own.text).toContain('Owl or cat?');
    expect(own.text).not.toContain('Hammer');
    expect(other.text).not.toContain('Owl');
  });

  test('the API describes every route it has, with types, and no others', async () => {
    const answer = await thor.get('/openapi.json');
    expect(answer.status).toBe(200);
    const { openapi, paths } = answer.json<{
      openapi: string;
      paths: Record<
        string,
        Record<string, { security?: unknown; responses: Record<string, unknown> }>
      >;
    }>();
    expect(openapi).toBe('3.1.0');
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(routes.toSorted()).toEqual([
      'delete /polls/{id}',
      'get /categories',
      'get /openapi.json',
      'get /polls',
      'get /polls/{id}',
      'get /visits',
      'post /accounts',
      'post /polls',
      'post /polls/{id}/votes',
      'post /sessions',
      'post /visits',
    ]);
    const operations = Object.values(paths).flatMap((path) => Object.values(path));
    for (const { responses } of operations) {
      expect(Object.keys(responses).some((status) => status.startsWith('2'))).toBe(true);
    }
    const secured = Object.entries(paths).flatMap(([path, operationsAt]) =>
      Object.keys(operationsAt)
        .filter((method) => operationsAt[method]?.security !== undefined)
        .map((method) => `${method} ${path}`),
    );
    expect(secured.toSorted()).toEqual([
      'delete /polls/{id}',
      'post /polls',
      'post /polls/{id}/votes',
    ]);
    for (const route of secured) {
      const [method = '', path = ''] = route.split(' ');
      const refused = await system.request({
        host: `${slugOf('thor')}.localhost`,
        path: path.replace('{id}', '1'),
        method: method.toUpperCase(),
        ...(method === 'delete' ? {} : { body: path === '/polls' ? newPoll : { choiceId: '1' } }),
      });
      expect([route, refused.status]).toEqual([route, 401]);
    }
    expect(Object.keys(paths['/polls/{id}/votes']?.['post']?.responses ?? {})).toEqual(
      expect.arrayContaining(['201', '401', '404', '409', '422']),
    );
    expect(paths['/polls/{id}']?.['get']?.responses['200']).toMatchObject({
      content: {
        'application/json': {
          schema: {
            properties: {
              id: { type: 'string' },
              createdAt: { type: 'string', format: 'date-time' },
              choices: { type: 'array', items: { properties: { votes: { type: 'string' } } } },
            },
          },
        },
      },
    });
  });
});
