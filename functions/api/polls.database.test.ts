import { pollsTest } from '../../test/support/polls-test.ts';
import { getPoll } from './get-poll.ts';
import { listCategories } from './list-categories.ts';
import { listPolls } from './list-polls.ts';

const test = pollsTest();

test('GET /polls lists the newest poll first', async ({ tenant, invoke, expect }) => {
  await tenant.db.insertInto('poll').values({ question: 'Tea?' }).execute();
  await tenant.db.insertInto('poll').values({ question: 'Coffee?' }).execute();
  const { status, body } = await invoke(listPolls, { path: '/polls' });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    polls: [
      { id: '2', question: 'Coffee?' },
      { id: '1', question: 'Tea?' },
    ],
  });
});

test('a poll stays invisible to other tenants', async ({ tenant, other, invoke, expect }) => {
  await tenant.db.insertInto('poll').values({ question: 'Tea?' }).execute();
  expect(await other.db.selectFrom('poll').select('id').execute()).toEqual([]);
  const list = await invoke(listPolls, { path: '/polls', host: other.host });
  expect(list.body).toMatchObject({ polls: [] });
  const poll = await invoke(getPoll, { path: '/polls/1', host: other.host });
  expect(poll.body).toMatchObject({ code: 'POLL_NOT_FOUND' });
});

test('GET /polls/{id} shows choices in their order with their votes', async ({
  tenant,
  invoke,
  expect,
}) => {
  const poll = await tenant.db
    .insertInto('poll')
    .values({ question: 'Tea?', category_id: 'food' })
    .returning('id')
    .executeTakeFirstOrThrow();
  await tenant.db
    .insertInto('choice')
    .values([
      { poll_id: poll.id, position: 2, text: 'No' },
      { poll_id: poll.id, position: 1, text: 'Yes' },
    ])
    .execute();
  const { status, body } = await invoke(getPoll, { path: `/polls/${poll.id}` });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    id: String(poll.id),
    category: { id: 'food', name: 'Food and drink' },
    choices: [
      { text: 'Yes', votes: '0' },
      { text: 'No', votes: '0' },
    ],
  });
});

test('GET /polls/{id} answers 404 for what is no id', async ({ invoke, expect }) => {
  for (const id of ['0', 'x', '99999999999999999999']) {
    const answer = await invoke(getPoll, { path: `/polls/${id}` });
    expect([answer.status, answer.headers['content-type']]).toEqual([
      404,
      'application/problem+json',
    ]);
  }
});

test('GET /categories lists what all tenants share', async ({ invoke, other, expect }) => {
  const mine = await invoke(listCategories, { path: '/categories' });
  const theirs = await invoke(listCategories, { path: '/categories', host: other.host });
  expect(mine.body).toEqual(theirs.body);
  expect(mine.body).toMatchObject({ categories: [{ id: 'food' }, {}, {}, {}] });
});
