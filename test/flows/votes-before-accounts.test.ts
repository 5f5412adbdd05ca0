import { applyMigrations, tenantTarget } from '@tenantry/migrations';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  createTestTenant,
  openTestCluster,
  type TestCluster,
  type TestTenant,
} from '../support/open-test-cluster.ts';

let cluster: TestCluster;
let tenant: TestTenant;

beforeAll(async () => {
  cluster = await openTestCluster();
  tenant = await createTestTenant(cluster, { migrate: false });
});
afterAll(async () => await cluster?.close());

const insert = async (table: string, row: Record<string, unknown>): Promise<string> => {
  const { id } = await tenant.db
    .insertInto(table)
    .values(row)
    .returning('id')
    .executeTakeFirstOrThrow();
  return String(id);
};

test('votes from before there were accounts stay, and so does the code that made them', async () => {
  const target = tenantTarget(tenant.id);
  const { migrations } = cluster.compiled.scopes.tenant;
  await applyMigrations(
    cluster.migrator,
    target,
    migrations.filter(({ id }) => id === 'polls/0001_initial'),
  );
  const poll = await insert('poll', { question: 'Old?' });
  const choice = await insert('choice', { poll_id: poll, position: 1, text: 'Yes' });
  for (let count = 0; count < 3; count += 1) await insert('vote', { choice_id: choice });

  await applyMigrations(cluster.migrator, target, migrations);
  const kept = await tenant.db.selectFrom('vote').select(['poll_id', 'account_id']).execute();
  expect(kept.map((vote) => [String(vote['poll_id']), vote['account_id']])).toEqual(
    kept.map(() => [poll, null]),
  );
  expect(kept).toHaveLength(3);
  await insert('vote', { choice_id: choice });
  expect(await tenant.db.selectFrom('vote').select('id').execute()).toHaveLength(4);
});

test('the database itself refuses a second vote of an account, and a vote for a choice of another poll', async () => {
  const account_id = await insert('account', { username: 'jane', password_verifier: '-' });
  const [poll_id, other] = [
    await insert('poll', { question: 'One?' }),
    await insert('poll', { question: 'Two?' }),
  ];
  const choice_id = await insert('choice', { poll_id, position: 1, text: 'Yes' });
  const foreign = await insert('choice', { poll_id: other, position: 1, text: 'No' });
  const vote = { poll_id, choice_id, account_id };
  await insert('vote', vote);
  await expect(insert('vote', vote)).rejects.toThrow(/vote_once_key/);
  await expect(insert('vote', { poll_id, choice_id: foreign })).rejects.toThrow(
    /vote_choice_of_poll_fkey/,
  );
});
