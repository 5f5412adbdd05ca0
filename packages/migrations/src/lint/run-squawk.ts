import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Finding, LintedMigration } from './linted-migration.ts';

/**
 * Rules of squawk that make sense inside the engine. The others are about what it does itself (time-outs, transactions, repeating), about
 * style, or are among our own rules.
 */
const rules = new Set([
  'adding-field-with-default',
  'adding-foreign-key-constraint',
  'adding-not-nullable-field',
  'adding-serial-primary-key-field',
  'ban-alter-domain-with-add-constraint',
  'ban-drop-column',
  'ban-drop-not-null',
  'ban-drop-table',
  'ban-truncate-cascade',
  'changing-column-type',
  'constraint-missing-not-valid',
  'disallowed-unique-constraint',
  'identifier-too-long',
  'renaming-column',
  'renaming-table',
  'require-concurrent-index-creation',
  'require-concurrent-index-deletion',
]);

const ownAdvice: Readonly<Record<string, string>> = {
  'require-concurrent-index-creation':
    'move it to a file of its own that begins with "-- tenantry: transaction off" and say CREATE INDEX CONCURRENTLY',
  'require-concurrent-index-deletion':
    'move it to a file of its own that begins with "-- tenantry: transaction off" and say DROP INDEX CONCURRENTLY',
};

const expandThenContract =
  'expand, then contract: let old and new stand side by side until no code uses the old one any more';

/** What squawk says about one place. Lines count from 0. */
interface SquawkFinding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly help: string | null;
  readonly rule_name: string;
}

/** What squawk, which knows PostgreSQL's locks, says about the statements as the engine would send them, by migration. */
export async function runSquawk(
  migrations: readonly LintedMigration[],
): Promise<Map<LintedMigration, Finding[]>> {
  const linted = migrations.filter(({ compiled }) => compiled.form === 'transaction');
  if (linted.length === 0) return new Map();
  const directory = await mkdtemp(join(tmpdir(), 'tenantry-lint-'));
  try {
    const files = linted.map((_, index) => join(directory, `${index}.sql`));
    await Promise.all(files.map((file, index) => writeFile(file, toText(linted[index]))));
    const found = await callSquawk(files, directory);
    return new Map(
      linted.map((migration, index) => [
        migration,
        toFindings(
          migration,
          found.filter(({ file }) => basename(file) === `${index}.sql`),
        ),
      ]),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

function toText(migration: LintedMigration | undefined): string {
  return (migration?.statements ?? []).map(({ sql }) => `${sql};\n`).join('');
}

async function callSquawk(files: readonly string[], cwd: string): Promise<SquawkFinding[]> {
  const script = createRequire(import.meta.url).resolve('squawk-cli/js/bin/squawk');
  const options = ['--reporter', 'json', '--assume-in-transaction', '--pg-version', '17.0'];
  const output = await new Promise<string>((resolve, reject) => {
    const maxBuffer = 64 * 1024 * 1024;
    execFile(
      process.execPath,
      [script, ...options, ...files],
      { cwd, maxBuffer },
      (error, out, said) => {
        // It exits with 1 when it finds something.
        if (error !== null && out.trim() === '') reject(new Error(`squawk did not run: ${said}`));
        else resolve(out);
      },
    );
  });
  return JSON.parse(output) as SquawkFinding[];
}

function toFindings(migration: LintedMigration, found: readonly SquawkFinding[]): Finding[] {
  const kept = found.filter(({ rule_name: rule }) => rules.has(rule));
  return kept
    .filter((one) => !kept.some((other) => isSameSaidBetter(one, other)))
    .map(({ rule_name: rule, line, message, help }) => ({
      rule,
      line: lineIn(migration, line),
      message,
      advice: ownAdvice[rule] ?? help ?? expandThenContract,
    }));
}

/** The rule about NOT VALID fires for every new constraint, although it helps only for checks and foreign keys. */
function isSameSaidBetter(one: SquawkFinding, other: SquawkFinding): boolean {
  const better = ['adding-foreign-key-constraint', 'disallowed-unique-constraint'];
  return (
    one.rule_name === 'constraint-missing-not-valid' &&
    one.line === other.line &&
    better.includes(other.rule_name)
  );
}

/** The line of the file for a line of the text that squawk saw. */
function lineIn({ statements }: LintedMigration, line: number): number | null {
  let first = 0;
  for (const statement of statements) {
    const lines = statement.sql.split('\n').length;
    if (line < first + lines) return statement.line === null ? null : statement.line + line - first;
    first += lines;
  }
  return null;
}
