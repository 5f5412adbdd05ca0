import type { SharedDb, TenantDb, TenantTransaction } from '@tenantry/database';
import type { SharedTables } from './generated/shared-tables.gen.ts';
import type { TenantTables } from './generated/tenant-tables.gen.ts';

type Db = TenantDb<TenantTables>;
type Shared = SharedDb<SharedTables>;

/** A poll to be made. */
export interface NewPoll {
  readonly question: string;
  readonly choices: readonly string[];
  readonly categoryId?: string;
  /** The account that may delete the poll. @default - nobody may */
  readonly creatorId?: bigint;
  /** Makes the poll once only, however often it is asked for. */
  readonly importKey?: string;
}

/** A page of a list. */
export interface Page {
  /** The most items it may have. */
  readonly limit: number;
  /** Begins after the item with this id. @default - at the newest */
  readonly after?: bigint | undefined;
}

/** A page of the polls, newest first, and after which id the next page begins; null when there is none. */
export async function selectPolls(db: Db, { limit, after }: Page) {
  const found = await db
    .selectFrom('poll')
    .select(['id', 'question', 'created_at as createdAt'])
    .$if(after !== undefined, (query) => query.where('id', '<', after ?? 0n))
    .orderBy('id', 'desc')
    // One more than asked for tells whether there is a next page.
    .limit(limit + 1)
    .execute();
  const polls = found.slice(0, limit);
  return { polls, next: found.length > limit ? (polls.at(-1)?.id ?? null) : null };
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
        creator_id: poll.creatorId ?? null,
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
  trx: TenantTransaction<TenantTables>,
  pollId: bigint,
  choices: readonly string[],
): Promise<void> {
  await trx
    .insertInto('choice')
    .values(choices.map((text, index) => ({ poll_id: pollId, position: index + 1, text })))
    .execute();
}

/** Deletes a poll that the account has created, with its choices and votes; false when there is none. */
export async function deletePollOf(db: Db, creatorId: bigint, id: bigint): Promise<boolean> {
  const deleted = await db
    .deleteFrom('poll')
    .where('id', '=', id)
    .where('creator_id', '=', creatorId)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}

/** Deletes a poll, whoever created it, with its choices and votes; false when there is none. */
export async function deletePoll(db: Db, id: bigint): Promise<boolean> {
  const deleted = await db
    .deleteFrom('poll')
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst();
  return deleted !== undefined;
}

/** Whether there is such a poll. */
export async function hasPoll(db: Db, id: bigint): Promise<boolean> {
  const poll = await db.selectFrom('poll').select('id').where('id', '=', id).executeTakeFirst();
  return poll !== undefined;
}

/** Whether the choice is one of the poll's. */
export async function hasChoice(db: Db, pollId: bigint, choiceId: bigint): Promise<boolean> {
  const choice = await db
    .selectFrom('choice')
    .select('id')
    .where('id', '=', choiceId)
    .where('poll_id', '=', pollId)
    .executeTakeFirst();
  return choice !== undefined;
}

/** A vote to be counted. */
export interface NewVote {
  readonly pollId: bigint;
  readonly choiceId: bigint;
  readonly accountId: bigint;
}

/** Counts a vote; false when the account has voted in this poll before. */
export async function insertVote(db: Db, vote: NewVote): Promise<boolean> {
  const stored = await db
    .insertInto('vote')
    .values({ poll_id: vote.pollId, choice_id: vote.choiceId, account_id: vote.accountId })
    .onConflict((oc) => oc.columns(['poll_id', 'account_id']).doNothing())
    .returning('id')
    .executeTakeFirst();
  return stored !== undefined;
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
