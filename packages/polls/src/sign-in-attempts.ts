import type { TenantDb } from '@tenantry/database';
import type { TenantTables } from './generated/tenant-tables.gen.ts';

type Db = TenantDb<TenantTables>;

const maxAttempts = 5;
const windowMs = 15 * 60 * 1000;
/** Rows forgotten at a time; there is more room made than taken. */
const forgottenAtOnce = 10;

/**
 * Counts an attempt to sign in before it is made, so that attempts at the same moment count as well; undefined when it may be made, else
 * the seconds until the next one may.
 */
export async function claimSignInAttempt(db: Db, username: string): Promise<number | undefined> {
  const now = new Date();
  const forgotten = new Date(now.getTime() - windowMs);
  const { attempts, beganAt } = await db
    .insertInto('sign_in_attempt')
    .values({ username, attempts: 1, began_at: now })
    .onConflict((oc) =>
      oc.column('username').doUpdateSet((eb) => {
        const isForgotten = eb('sign_in_attempt.began_at', '<=', forgotten);
        const oneMore = eb('sign_in_attempt.attempts', '+', 1);
        return {
          attempts: eb.case().when(isForgotten).then(1).else(oneMore).end(),
          began_at: eb
            .case()
            .when(isForgotten)
            .then(now)
            .else(eb.ref('sign_in_attempt.began_at'))
            .end(),
        };
      }),
    )
    .returning(['attempts', 'began_at as beganAt'])
    .executeTakeFirstOrThrow();
  if (attempts === 1) await forgetOldAttempts(db, forgotten);
  if (attempts <= maxAttempts) return undefined;
  return Math.max(1, Math.ceil((beganAt.getTime() + windowMs - now.getTime()) / 1000));
}

/** Forgets the attempts of a user name: it has signed in. */
export async function clearSignInAttempts(db: Db, username: string): Promise<void> {
  await db.deleteFrom('sign_in_attempt').where('username', '=', username).execute();
}

// Made-up user names must not fill the table. Rows that another request holds are left to it, so that two never wait for each other.
async function forgetOldAttempts(db: Db, before: Date): Promise<void> {
  await db
    .deleteFrom('sign_in_attempt')
    .where('username', 'in', (eb) =>
      eb
        .selectFrom('sign_in_attempt')
        .select('username')
        .where('began_at', '<=', before)
        .limit(forgottenAtOnce)
        .forUpdate()
        .skipLocked(),
    )
    .execute();
}
