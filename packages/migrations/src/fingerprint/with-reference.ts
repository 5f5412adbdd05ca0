import { sql, type Kysely } from 'kysely';
import { referenceSchema } from '@tenantry/database';
import { applyMigrations } from '../apply-migrations.ts';
import type { MigrationTarget } from '../apply-options.ts';
import type { CompiledMigration, Scope } from '../compiled-migrations.ts';
import { describeObjects, type SchemaObjects } from './describe-objects.ts';
import { fingerprintSchemas } from './fingerprint-schemas.ts';

/** The reference as the target of migrations. */
const referenceTarget: MigrationTarget = {
  schema: referenceSchema.schema,
  owner: referenceSchema.owner,
  hideLedgerFrom: [referenceSchema.user],
};

/** A schema that is empty at first and gone at the end. */
export interface Reference {
  apply(migrations: readonly CompiledMigration[]): Promise<void>;
  describe(): Promise<SchemaObjects>;
  fingerprint(): Promise<string>;
}

/**
 * Runs `fn` with an empty schema of the scope on the same server, in a transaction that is rolled back. Several at the same time take
 * turns.
 */
export async function withReference<Tables, Result>(
  migrator: Kysely<Tables>,
  scope: Exclude<Scope, 'catalog'>,
  fn: (reference: Reference) => Promise<Result>,
): Promise<Result> {
  const trx = await migrator.startTransaction().execute();
  try {
    await takeTurn(trx);
    if (scope === 'shared') await leaveOnlyReading(trx);
    return await fn({
      apply: async (migrations) => {
        await becomeLogin(trx);
        await applyMigrations(trx, referenceTarget, migrations.map(inOneTransaction));
      },
      describe: async () => {
        await becomeLogin(trx);
        return await describeObjects(trx, referenceTarget);
      },
      fingerprint: async () => {
        await becomeLogin(trx);
        const fingerprints = await fingerprintSchemas(trx, [referenceTarget]);
        return fingerprints.get(referenceTarget.schema) ?? '';
      },
    });
  } finally {
    await trx.rollback().execute();
  }
}

/** On empty tables an index needs no time and a batch has nothing to repeat. */
function inOneTransaction(migration: CompiledMigration): CompiledMigration {
  return migration.form === 'program' ? migration : { ...migration, form: 'transaction' };
}

/** The engine leaves the owner's role behind, which may call nothing of the platform. */
async function becomeLogin<Tables>(trx: Kysely<Tables>): Promise<void> {
  await sql`select set_config('role', 'none', true)`.execute(trx);
}

/**
 * Waits until no other transaction is in the reference: PostgreSQL gives sequences and indexes a number where another one, committed or
 * not, has their name. A name can be had once, so whoever wants it waits for the end of the transaction that has it.
 */
async function takeTurn<Tables>(trx: Kysely<Tables>): Promise<void> {
  const turn = sql`${sql.id(referenceSchema.schema)}.turn`;
  await sql`select set_config('role', ${referenceSchema.owner}, true)`.execute(trx);
  await sql`create type ${turn} as enum ()`.execute(trx);
  await sql`drop type ${turn}`.execute(trx);
}

/** What the shared schema grants: tenants read it and change nothing. */
async function leaveOnlyReading<Tables>(trx: Kysely<Tables>): Promise<void> {
  const { schema, owner, user } = referenceSchema;
  const rights = sql`alter default privileges for role ${sql.id(owner)} in schema ${sql.id(schema)}`;
  await sql`${rights} revoke insert, update, delete on tables from ${sql.id(user)}`.execute(trx);
  await sql`${rights} revoke usage on sequences from ${sql.id(user)}`.execute(trx);
}
