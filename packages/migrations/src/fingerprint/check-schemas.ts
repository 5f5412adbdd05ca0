import type { Kysely } from 'kysely';
import type { MigrationTarget } from '../apply-options.ts';
import type { CompiledMigration, CompiledScope, Scope } from '../compiled-migrations.ts';
import { scopeFor } from '../pool/scope-for.ts';
import { readLedger } from '../read-ledger.ts';
import { compareObjects, type ObjectDifference } from './compare-objects.ts';
import { describeObjects, type SchemaObjects } from './describe-objects.ts';
import { digestLedgers, fingerprintSchemas } from './fingerprint-schemas.ts';
import { judgeLedger, type LedgerFinding } from './judge-ledger.ts';
import { referenceKindOf, withReference, type ReferenceKind } from './with-reference.ts';

/** One thing about a schema that is not as its migrations leave it. */
export type SchemaFinding = (LedgerFinding | ObjectDifference) & { readonly schema: string };

/** What a check saw. */
export interface CheckResult {
  /** Hash of each schema that exists. */
  readonly fingerprints: ReadonlyMap<string, string>;
  readonly findings: readonly SchemaFinding[];
}

interface ExpectedSchema {
  readonly fingerprint: string;
  readonly objects: SchemaObjects;
}

/**
 * Compares schemas of one scope with what their migrations make: each ledger with the compiled set, and the real objects with a
 * reference that is migrated from zero to the same place. Costs a few queries for all schemas together, one reference for each set of
 * applied migrations, and one query for each schema that differs. Objects of a schema that is ahead of this build are not judged.
 */
export async function checkSchemas<Tables>(
  migrator: Kysely<Tables>,
  scope: Exclude<Scope, 'catalog'>,
  what: { readonly compiled: CompiledScope; readonly targets: readonly MigrationTarget[] },
): Promise<CheckResult> {
  const { targets } = what;
  const fingerprints = await fingerprintSchemas(migrator, targets);
  const digests = await digestLedgers(migrator, targets);
  const findings: SchemaFinding[] = [];
  const digestOf = ({ schema }: MigrationTarget) => digests.get(schema) ?? null;
  const groups = Map.groupBy(targets, (target) =>
    JSON.stringify([referenceKindOf(target, scope), digestOf(target)]),
  );
  for (const group of groups.values()) {
    // All schemas of a group have the same ledger, so one is read.
    const [first] = group;
    if (first === undefined) continue;
    const { migrations } = scopeFor(first, what.compiled);
    const judgement = judgeLedger(await readLedger(migrator, first), migrations);
    const applied = digestOf(first) === null ? null : judgement.applied;
    const expected = judgement.isAhead
      ? undefined
      : await migrateReference(migrator, referenceKindOf(first, scope), applied);
    for (const target of group) {
      const found = await findDifferences(migrator, target, {
        fingerprint: fingerprints.get(target.schema),
        expected,
      });
      const all = [...judgement.findings, ...found];
      findings.push(...all.map((finding) => ({ schema: target.schema, ...finding })));
    }
  }
  return { fingerprints, findings };
}

/** What a schema with these migrations looks like; null for one to which nothing was ever applied. */
async function migrateReference<Tables>(
  migrator: Kysely<Tables>,
  kind: ReferenceKind,
  applied: readonly CompiledMigration[] | null,
): Promise<ExpectedSchema> {
  return await withReference(migrator, kind, async (reference) => {
    if (applied !== null) await reference.apply(applied);
    return {
      fingerprint: await reference.fingerprint(),
      objects: await reference.describe(),
    };
  });
}

async function findDifferences<Tables>(
  migrator: Kysely<Tables>,
  target: MigrationTarget,
  sides: {
    readonly fingerprint: string | undefined;
    readonly expected: ExpectedSchema | undefined;
  },
): Promise<ObjectDifference[]> {
  const { fingerprint, expected } = sides;
  if (fingerprint === undefined) {
    return [{ object: 'schema', difference: 'missing', expected: target.schema, actual: null }];
  }
  if (expected === undefined || expected.fingerprint === fingerprint) return [];
  return compareObjects(expected.objects, await describeObjects(migrator, target));
}
