import { parseCreateTenantRequest, type CreateTenantDefaults } from './create-tenant-request.ts';
import type { CreationProblem, CreationRow } from './creation.ts';
import type { CreateTenantRequest } from './lifecycle.ts';
import { TenancyError, TenantInputError } from './errors.ts';

/** A tenant as a file says it, and the line it stands on. */
export type UnparsedRow = Readonly<Record<string, unknown>> & { readonly line: number };

/** The rows that fit, and why the others do not, by line. */
export interface ParsedRows {
  readonly rows: readonly CreationRow[];
  readonly problems: readonly CreationProblem[];
}

/** Complete, valid requests out of many rows; a row that does not fit, or has the slug or domain of an earlier one, is a problem. */
export function parseCreationRows(
  tenants: readonly UnparsedRow[],
  defaults: CreateTenantDefaults & { readonly actor: string },
): ParsedRows {
  const rows: CreationRow[] = [];
  const problems: CreationProblem[] = [];
  for (const { line, ...tenant } of tenants) {
    try {
      assertNoDatabase(tenant);
      const request = parseCreateTenantRequest({ ...tenant, actor: defaults.actor }, defaults);
      assertNotDedicated(request);
      rows.push({ line, request });
    } catch (error) {
      if (!(error instanceof TenancyError)) throw error;
      problems.push(toProblem(line, error));
    }
  }
  problems.push(...findRepeated(rows));
  return { rows, problems: problems.toSorted((a, b) => a.line - b.line) };
}

function assertNoDatabase(tenant: Readonly<Record<string, unknown>>): void {
  if (tenant['database'] === undefined) return;
  throw new TenantInputError(
    'database',
    "a customer's database is given to one tenant at a time, because its password is asked for",
    'tenantry tenant create SLUG --isolation database --db-host HOST',
  );
}

function assertNotDedicated({ slug, isolation }: CreateTenantRequest): void {
  if (isolation !== 'dedicated') return;
  throw new TenantInputError(
    'isolation',
    `a dedicated tenant is launched one at a time: tenantry tenant create ${slug} --isolation dedicated`,
    `tenantry tenant create ${slug} --isolation dedicated`,
  );
}

function toProblem(line: number, error: TenancyError): CreationProblem {
  const isField = 'field' in error && 'reason' in error;
  const field = isField ? String(error.field) : 'isolation';
  return { line, field, reason: isField ? String(error.reason) : error.message, isTaken: false };
}

function findRepeated(rows: readonly CreationRow[]): CreationProblem[] {
  const firstLines = new Map<string, number>();
  return rows.flatMap(({ line, request }) =>
    (['slug', 'domain'] as const).flatMap((field) => {
      const key = `${field} ${request[field]}`;
      const first = firstLines.get(key);
      if (first === undefined) firstLines.set(key, line);
      const reason = `"${request[field]}" is on line ${first} too`;
      return first === undefined ? [] : [{ line, field, reason, isTaken: false }];
    }),
  );
}
