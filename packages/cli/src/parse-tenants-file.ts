import type { CreationProblem, UnparsedRow } from '@tenantry/tenancy';
import { parseFieldValue } from './commands/tenant-fields.ts';
import { parseCsv } from './parse-csv.ts';

/** How a file of tenants is written. */
export type TenantsFormat = 'csv' | 'json' | 'ndjson';

/** The rows of a file, not checked yet, and the lines that are none. For JSON a line is the number of the entry. */
export interface TenantsFile {
  readonly rows: readonly UnparsedRow[];
  readonly problems: readonly CreationProblem[];
}

const columns = ['slug', 'name', 'domain', 'isolation', 'pool', 'cluster', 'plan'];

/** The format that a file's name says, or else its first character. */
export function formatOf(name: string, text: string): TenantsFormat {
  const extension = /\.(csv|json|ndjson|jsonl)$/i.exec(name)?.[1]?.toLowerCase();
  if (extension === 'jsonl') return 'ndjson';
  if (extension !== undefined) return extension as TenantsFormat;
  const first = text.trimStart()[0];
  if (first === '[') return 'json';
  return first === '{' ? 'ndjson' : 'csv';
}

/** The tenants in a text: columns or keys slug, name, domain, isolation, pool, cluster, plan and field.NAME. */
export function parseTenantsFile(text: string, format: TenantsFormat): TenantsFile {
  const entries = { csv: readCsv, json: readJson, ndjson: readNdjson }[format](text);
  const rows: UnparsedRow[] = [];
  const problems: CreationProblem[] = [];
  for (const entry of entries) {
    const parsed = 'problem' in entry ? entry : toRow(entry);
    if ('problem' in parsed) problems.push(parsed.problem);
    else rows.push(parsed.row);
  }
  return { rows, problems };
}

type Entry =
  | { readonly line: number; readonly values: Readonly<Record<string, unknown>> }
  | { readonly problem: CreationProblem };

function refuse(line: number, field: string, reason: string): { problem: CreationProblem } {
  return { problem: { line, field, reason, isTaken: false } };
}

function readCsv(text: string): Entry[] {
  const [head, ...records] = parseCsv(text);
  const names = head?.cells.map((cell) => cell.trim()) ?? [];
  if (!names.includes('slug')) {
    const wanted = [...columns, 'field.NAME'].join(', ');
    return [refuse(head?.line ?? 1, 'columns', `the first line must name the columns: ${wanted}`)];
  }
  return records.map(({ line, cells }) => {
    if (cells.length !== names.length) {
      return refuse(line, 'columns', `${cells.length} cells, the first line names ${names.length}`);
    }
    const named = names.map((name, index) => [name, (cells[index] ?? '').trim()] as const);
    const values = named
      .filter(([, value]) => value !== '')
      .map(([name, value]) => [name, isField(name) ? parseFieldValue(value) : value]);
    return { line, values: Object.fromEntries(values) };
  });
}

function readNdjson(text: string): Entry[] {
  return text
    .split('\n')
    .map((source, index) => ({ source: source.trim(), line: index + 1 }))
    .filter(({ source }) => source !== '')
    .map(({ source, line }) => toEntry(line, parseJson(source)));
}

function readJson(text: string): Entry[] {
  const list = parseJson(text);
  if (!Array.isArray(list)) return [refuse(1, 'json', 'must be a list of objects')];
  return list.map((value, index) => toEntry(index + 1, value));
}

function toEntry(line: number, value: unknown): Entry {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { line, values: value as Record<string, unknown> };
  }
  return refuse(line, 'json', 'must be an object in JSON');
}

/** Undefined for what is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function toRow({ line, values }: Extract<Entry, { line: number }>) {
  const unknown = Object.keys(values).find(
    (name) => ![...columns, 'fields'].includes(name) && !isField(name),
  );
  if (unknown !== undefined) {
    const known = [...columns, 'field.NAME'].join(', ');
    return refuse(line, unknown, `is not a column; there are ${known}`);
  }
  const { slug, name, domain, isolation, pool, cluster, fields = {} } = values;
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    return refuse(line, 'fields', 'must be an object of text, numbers and booleans');
  }
  const facts = given({ slug, name, domain, isolation, pool, cluster });
  const row = { ...facts, fields: fieldsOf(values), line };
  return { row };
}

function fieldsOf({ plan, fields, ...values }: Readonly<Record<string, unknown>>) {
  const named = Object.entries(values)
    .filter(([name]) => isField(name))
    .map(([name, value]) => [name.slice('field.'.length), value]);
  return { ...given({ plan }), ...Object.fromEntries(named), ...(fields as object | undefined) };
}

function given(values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function isField(name: string): boolean {
  return name.startsWith('field.');
}
