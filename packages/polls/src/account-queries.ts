import { randomBytes } from 'node:crypto';
import type { TenantDb } from '@tenantry/database';
import type { TenantTables } from './generated/tenant-tables.gen.ts';

type Db = TenantDb<TenantTables>;

/** An account to be made. */
export interface NewAccount {
  readonly username: string;
  readonly passwordVerifier: string;
}

/** Makes an account; undefined when the user name is taken. */
export async function insertAccount(db: Db, account: NewAccount) {
  return await db
    .insertInto('account')
    .values({ username: account.username, password_verifier: account.passwordVerifier })
    .onConflict((oc) => oc.column('username').doNothing())
    .returning(['id', 'username', 'created_at as createdAt'])
    .executeTakeFirst();
}

/** Makes an administrator of the user name: a new account, or the one that has it, with this password. */
export async function upsertAdministrator(db: Db, account: NewAccount): Promise<void> {
  const values = { password_verifier: account.passwordVerifier, administrator: true };
  await db
    .insertInto('account')
    .values({ username: account.username, ...values })
    .onConflict((oc) => oc.column('username').doUpdateSet(values))
    .execute();
}

/** An account and what its password is checked with, or undefined. */
export async function findAccount(db: Db, username: string) {
  return await db
    .selectFrom('account')
    .select(['id', 'username', 'password_verifier as passwordVerifier', 'administrator'])
    .where('username', '=', username)
    .executeTakeFirst();
}

/** An account and the secret its tokens must be signed with, or undefined. */
export async function findAccountWithSigningSecret(db: Db, id: bigint) {
  return await db
    .selectFrom('account')
    .innerJoin('signing_key', (join) => join.onTrue())
    .select(['account.id', 'account.username', 'account.administrator', 'signing_key.secret'])
    .where('account.id', '=', id)
    .executeTakeFirst();
}

/** The secret that the tenant's tokens are signed with; made when there is none yet, and then the same for all who ask at once. */
export async function ensureSigningSecret(db: Db): Promise<Buffer> {
  const known = await findSigningSecret(db);
  if (known !== undefined) return known;
  await db
    .insertInto('signing_key')
    .values({ secret: randomBytes(32) })
    .onConflict((oc) => oc.doNothing())
    .execute();
  const made = await findSigningSecret(db);
  if (made === undefined) throw new TypeError('the signing key was not stored');
  return made;
}

async function findSigningSecret(db: Db): Promise<Buffer | undefined> {
  const row = await db.selectFrom('signing_key').select('secret').executeTakeFirst();
  return row?.secret;
}
