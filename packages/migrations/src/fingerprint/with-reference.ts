import { sql, type Kysely } from 'kysely';
import { referenceSchema } from '@tenantry/database';
import { applyMigrations } from '../apply-migrations.ts';
import type { MigrationTarget } from '../apply-options.ts';
import type { CompiledMigration, Scope } from '../compiled-migrations.ts';
import { describeObjects, type SchemaObjects } from './describe-objects.ts';
import { fingerprintSchemas } from './fingerprint-schemas.ts';

/** The reference's roles. In a customer's database they are the tenant's own: other tenants' roles have no business on that server. */
interface ReferenceRoles {
  readonly owner: string;
  readonly user: string;
}

const { schema } = referenceSchema;

/** What a reference is the reference of. */
export type ReferenceKind = Exclude<Scope, 'catalog'> | 'pool';

/** The kind of reference for a schema of a scope. */
export function referenceKindOf(
  target: Pick<MigrationTarget, 'tenants'>,
  scope: Exclude<Scope, 'catalog'>,
): ReferenceKind {
  return target.tenants === undefined ? scope : 'pool';
}

/** A schema that is empty at first and gone at the end. */
export interface Reference {
  apply(migrations: readonly CompiledMigration[]): Promise<void>;
  describe(): Promise<SchemaObjects>;
  fingerprint(): Promise<string>;
}

/**
 * Runs `fn` with an empty schema of the kind on the same server, in a transaction that is rolled back. Several at the same time take
 * turns.
 */
export async function withReference<Tables, Result>(
  migrator: Kysely<Tables>,
  kind: ReferenceKind,
  fn: (reference: Reference) => Promise<Result>,
): Promise<Result> {
  const trx = await migrator.startTransaction().execute();
  try {
    const roles = await readRoles(trx);
    const referenceTarget = toTarget(kind, roles);
    await takeTurn(trx, roles);
    if (kind === 'shared') await leaveOnlyReading(trx, roles);
    if (kind === 'pool') await leaveNothing(trx, roles);
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

function toTarget(kind: ReferenceKind, { owner, user }: ReferenceRoles): MigrationTarget {
  const target = { schema, owner, hideLedgerFrom: [user] };
  return kind === 'pool' ? { ...target, tenants: user } : target;
}

/** On empty tables an index needs no time and a batch has nothing to repeat. */
function inOneTransaction(migration: CompiledMigration): CompiledMigration {
  return migration.form === 'program' ? migration : { ...migration, form: 'transaction' };
}

/** The engine leaves the owner's role behind, which may call nothing of the platform. */
async function becomeLogin<Tables>(trx: Kysely<Tables>): Promise<void> {
  await sql`select set_config('role', 'none', true)`.execute(trx);
}

async function readRoles<Tables>(trx: Kysely<Tables>): Promise<ReferenceRoles> {
  const { rows } = await sql<{ owner: string }>`
    select cast(pg_get_userbyid(nspowner) as text) as owner from pg_catalog.pg_namespace where nspname = ${schema}`.execute(
    trx,
  );
  const owner = rows[0]?.owner ?? referenceSchema.owner;
  return { owner, user: owner.replace(/^o_/, 't_') };
}

/**
 * Waits until no other transaction is in the reference: PostgreSQL gives sequences and indexes a number where another one, committed or
 * not, has their name. A name can be had once, so whoever wants it waits for the end of the transaction that has it.
 */
async function takeTurn<Tables>(trx: Kysely<Tables>, { owner }: ReferenceRoles): Promise<void> {
  const turn = sql`${sql.id(schema)}.turn`;
  await sql`select set_config('role', ${owner}, true)`.execute(trx);
  await sql`create type ${turn} as enum ()`.execute(trx);
  await sql`drop type ${turn}`.execute(trx);
}

/** What the shared schema grants: tenants read it and change nothing. */
async function leaveOnlyReading<Tables>(trx: Kysely<Tables>, roles: ReferenceRoles): Promise<void> {
  await revokeDefault(trx, roles, 'insert, update, delete on tables');
  await revokeDefault(trx, roles, 'usage on sequences');
}

/** In a pool nothing is granted by default. */
async function leaveNothing<Tables>(trx: Kysely<Tables>, roles: ReferenceRoles): Promise<void> {
  for (const kind of ['tables', 'sequences', 'functions'] as const) {
    await revokeDefault(trx, roles, `all on ${kind}`);
  }
}

async function revokeDefault<Tables>(
  trx: Kysely<Tables>,
  { owner, user }: ReferenceRoles,
  rights: string,
): Promise<void> {
  await sql`alter default privileges for role ${sql.id(owner)} in schema ${sql.id(schema)}
    revoke ${sql.raw(rights)} from ${sql.id(user)}`.execute(trx);
}
