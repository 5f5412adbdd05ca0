import type { SharedDb, TenantDb, TenantTransaction } from '@tenantry/database';
import type { PollsSharedTables, PollsTenantTables } from './tables.ts';

type Db = TenantDb<PollsTenantTables>;
type Shared = SharedDb<PollsSharedTables>;

const pageSize = 100;

/** A poll to be made. */
export interface NewPoll {
  readonly question: string;
  readonly choices: readonly string[];
  readonly categoryId?: string;
  /** Makes the poll once only, however often it is asked for. */
  readonly importKey?: string;
}

/** The newest polls. */
export async function selectPolls(db: Db) {
  return await db
    .selectFrom('poll')
    .select(['id', 'question', 'created_at as createdAt'])
    .orderBy('id', 'desc')
    .limit(pageSize)
    .execute();
}

/** One poll with its choices and their votes, or undefined. */
export async function findPoll(db: Db, id: bigint) {
  const poll = await db
    .selectFrom('poll')
    .select(['id', 'question', 'category_id as categoryId', 'created_at as createdAt'])
    .where('id', '=', id)
    .executeTakeFirst();
  if (poll === undefined) return undefined;
  const choices = await db
    .selectFrom('choice')
    .leftJoin('vote', 'vote.choice_id', 'choice.id')
    .select(['choice.id', 'choice.text'])
    .select((eb) => eb.fn.count<bigint>('vote.id').as('votes'))
    .where('choice.poll_id', '=', id)
    .groupBy(['choice.id', 'choice.text', 'choice.position'])
    .orderBy('choice.position')
    .execute();
  return { ...poll, choices };
}

/** Makes a poll with its choices, all or nothing, and answers its id; undefined when its import key is known already. */
export async function insertPoll(db: Db, poll: NewPoll): Promise<bigint | undefined> {
  return await db.transaction().execute(async (trx) => {
    const row = await trx
      .insertInto('poll')
      .values({
        question: poll.question,
        category_id: poll.categoryId ?? null,
        import_key: poll.importKey ?? null,
      })
      .onConflict((oc) => oc.column('import_key').doNothing())
      .returning('id')
      .executeTakeFirst();
    if (row !== undefined) await insertChoices(trx, row.id, poll.choices);
    return row?.id;
  });
}

async function insertChoices(
  trx: TenantTransaction<PollsTenantTables>,
  pollId: bigint,
  choices: readonly string[],
): Promise<void> {
  await trx
    .insertInto('choice')
    .values(choices.map((text, index) => ({ poll_id: pollId, position: index + 1, text })))
    .execute();
}

/** All categories, by name. */
export async function selectCategories(shared: Shared) {
  return await shared.selectFrom('category').select(['id', 'name']).orderBy('name').execute();
}

/** One category, or undefined. */
export async function findCategory(shared: Shared, id: string) {
  return await shared
    .selectFrom('category')
    .select(['id', 'name'])
    .where('id', '=', id)
    .executeTakeFirst();
}
