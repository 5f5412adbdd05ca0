/** Why a statement cannot run on tables that tenants share. It is kept with the migration and is no error until a pool is to have it. */
export class PoolRefusal extends Error {
  override readonly name = 'PoolRefusal';
}

/** Throws `PoolRefusal`. `reason` says what, why and what instead, to stand behind a colon. */
export function refuse(reason: string): never {
  throw new PoolRefusal(reason);
}

/** Throws `PoolRefusal` for a statement whose text cannot be changed with certainty. */
export function refuseChange(): never {
  refuse(
    'the statement is written in a way that the tenant column cannot be put into; say it in several simpler statements',
  );
}
