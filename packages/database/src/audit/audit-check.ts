import type { FindingCode } from '@tenantry/tenancy';

/** One question to PostgreSQL's catalog, asked about all tenants at once. */
export interface AuditCheck {
  readonly code: FindingCode;
  /**
   * A query over `role` and `schema` whose rows are what is wrong: `subject` (the role or schema whose wall it is), `object`, `what`,
   * `commands` (jsonb list), `repaired_by` and `is_automatic`. No colon, which the Data API would take for a parameter.
   */
  readonly sql: string;
}

/** Rows that one check answers at most; the rest is counted. */
export const rowsPerCheck = 200;

/**
 * SQL: the answers of all checks as one statement. `names` are the common tables that they read; with `subjects` only what is about one of
 * these roles or schemas is answered.
 */
export function toStatement(
  names: readonly string[],
  checks: readonly AuditCheck[],
  subjects?: readonly string[],
): string {
  const list = subjects?.map((subject) => `'${subject}'`).join(', ');
  const where = list === undefined ? '' : ` where subject in (${list})`;
  const answers = checks.map(
    ({ code, sql }, index) =>
      `(select '${code}' as code, ${index} as check_number, count(*) over () as total, subject, object, what,
        cast(commands as jsonb) as commands, cast(repaired_by as text) as repaired_by, is_automatic from (${sql}) answer${where} order by object, what limit ${rowsPerCheck})`,
  );
  return `with ${names.join(', ')}\n${answers.join('\nunion all\n')}`;
}
