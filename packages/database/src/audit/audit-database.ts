import {
  findingCodes,
  type AuditFinding,
  type FindingCode,
  type FindingRepair,
} from '@tenantry/tenancy';
import { sql, type QueryExecutorProvider } from 'kysely';
import { defaultConnectionLimit } from '../cluster/tenant-schema.ts';
import { toStatement } from './audit-check.ts';
import { roleNames, schemaNames } from './audit-names.ts';
import { codeChecks, doorChecks, guardChecks } from './code-checks.ts';
import { databaseChecks, ownershipChecks } from './ownership-checks.ts';
import { poolChecks } from './pool-checks.ts';
import { roleChecks } from './role-checks.ts';
import { schemaChecks } from './schema-checks.ts';

/** What an audit found, and how much more there is of it than it lists. */
export interface AuditAnswer {
  readonly findings: readonly AuditFinding[];
  /** Findings beyond the ones listed. */
  readonly more: number;
}

/** What was looked at. */
export interface AuditedPlace {
  /** The catalog's id of the cluster. */
  readonly cluster: string;
  readonly database: string;
}

/** Where findings are; the database is null for what belongs to the cluster as a whole. */
export type FindingPlace = Pick<AuditFinding, 'cluster' | 'database'>;

/** A row of a statement of checks. */
export interface FoundRow {
  readonly code: FindingCode;
  readonly check_number: number;
  readonly total: bigint;
  readonly subject: string;
  readonly object: string;
  readonly what: string;
  readonly commands: readonly string[] | null;
  readonly repaired_by: FindingRepair['as'] | null;
  readonly is_automatic: boolean;
}

/**
 * Looks at all roles of a cluster in one statement: attributes, memberships, settings, what they own and may do in any database. Any
 * login of the cluster's home database may ask.
 */
export async function auditRoles(
  db: QueryExecutorProvider,
  place: AuditedPlace,
): Promise<AuditAnswer> {
  const checks = [...roleChecks(defaultConnectionLimit), ...databaseChecks, ...ownershipChecks];
  const rows = await runChecks(db, toStatement([roleNames], checks));
  return toAnswer(rows, { cluster: place.cluster, database: null });
}

/**
 * Looks at all schemas of one database in one statement: owners, grants, default privileges, functions, and ways out. `hasPools` is for
 * the database that tenants of a cluster share; `platform_auditor` and `platform_provisioner` may ask about pools.
 */
export async function auditDatabase(
  db: QueryExecutorProvider,
  place: AuditedPlace,
  { hasPools }: { readonly hasPools: boolean },
): Promise<AuditAnswer> {
  const common = [...schemaChecks, ...codeChecks, ...doorChecks, ...guardChecks];
  const checks = [...common, ...(hasPools ? poolChecks : [])];
  return toAnswer(await runChecks(db, toStatement([roleNames, schemaNames], checks)), place);
}

/** Runs a statement of checks. */
export async function runChecks(
  db: QueryExecutorProvider,
  statement: string,
): Promise<readonly FoundRow[]> {
  const { rows } = await sql.raw<FoundRow>(statement).execute(db);
  return rows;
}

/** What the rows say, and how many are left out. */
export function toAnswer(rows: readonly FoundRow[], place: FindingPlace): AuditAnswer {
  const checks = [...Map.groupBy(rows, (row) => row.check_number).values()];
  const left = checks.map((found) => Number(found[0]?.total ?? 0) - found.length);
  return {
    findings: rows.map((row) => toFinding(row, place)),
    more: left.reduce((sum, count) => sum + count, 0),
  };
}

function toFinding(row: FoundRow, place: FindingPlace): AuditFinding {
  return {
    code: row.code,
    ...findingCodes[row.code],
    ...place,
    tenantId: findTenantId(row.subject),
    slug: null,
    object: row.object,
    what: row.what,
    repair: toRepair(row),
  };
}

function findTenantId(subject: string): string | null {
  return /^[to]_([a-z0-9]{16,32})$/.exec(subject)?.[1] ?? null;
}

function toRepair({ commands, repaired_by: as, is_automatic }: FoundRow): FindingRepair | null {
  if (commands === null || as === null) return null;
  return { commands, as, isAutomatic: is_automatic };
}
