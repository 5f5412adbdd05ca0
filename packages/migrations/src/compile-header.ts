import { MigrationInvalidError } from '@tenantry/tenancy';
import type { MigrationForm } from './compiled-migrations.ts';

/** What a migration's file says about itself, beside its statements. */
export interface MigrationOptions {
  readonly form: MigrationForm;
  readonly dependsOn: readonly string[];
  readonly formerly: readonly string[];
  /** Rules of the linter that do not hold here, with the reason: `RULE because REASON`. */
  readonly allow: readonly string[];
}

interface HeaderLine {
  readonly text: string;
  readonly line: number;
}

const header = /^--\s*tenantry:\s*(.*?)\s*$/;
const blankOrComment = /^\s*(--.*)?$/;
const migrationId = /^[a-z][a-z0-9_]*\/\d{4}_[a-z0-9_]+$/;

const known = [
  'transaction off',
  'batch',
  'depends-on MODULE/NAME, ...',
  'formerly MODULE/NAME, ...',
  'allow RULE because REASON',
];

/**
 * The options that an SQL file begins with, in lines like `-- tenantry: transaction off`. Throws `MigrationInvalidError`, with the list of
 * known ones, for any other.
 */
export function parseHeader(lines: readonly string[], file: string): MigrationOptions {
  const found = findHeaderLines(lines, file);
  const forms: MigrationForm[] = [];
  const ids = { dependsOn: [] as string[], formerly: [] as string[] };
  const allow: string[] = [];
  for (const { text, line } of found) {
    const [, option = '', value = ''] = /^(\S*)\s*(.*)$/.exec(text) ?? [];
    if (text === 'transaction off') forms.push('concurrent');
    else if (text === 'batch') forms.push('batch');
    else if (option === 'depends-on') ids.dependsOn.push(...parseIds(value, { file, line }));
    else if (option === 'formerly') ids.formerly.push(...parseIds(value, { file, line }));
    else if (option === 'allow' && / because \S/.test(value)) allow.push(value);
    else throw new MigrationInvalidError(file, unknownOption(text), line);
  }
  if (forms.length > 1) {
    throw new MigrationInvalidError(file, 'has one of "transaction off" and "batch", once');
  }
  return { form: forms[0] ?? 'transaction', ...ids, allow };
}

/** The ids in `accounts/0001_initial, polls/0002_tags`. Throws `MigrationInvalidError` for anything else. */
export function parseIds(
  text: string,
  { file, line }: { readonly file: string; readonly line?: number },
): string[] {
  const ids = text.split(',').map((id) => id.trim());
  const wrong = ids.find((id) => !migrationId.test(id));
  if (wrong === undefined) return ids;
  throw new MigrationInvalidError(
    file,
    `"${wrong}" is no migration's id; one is written like accounts/0001_initial`,
    line,
  );
}

function findHeaderLines(lines: readonly string[], file: string): HeaderLine[] {
  const found: HeaderLine[] = [];
  let isTop = true;
  for (const [index, content] of lines.entries()) {
    const text = header.exec(content)?.[1];
    if (text !== undefined && !isTop) {
      throw new MigrationInvalidError(file, 'options stand before the first statement', index + 1);
    }
    if (text !== undefined) found.push({ text, line: index + 1 });
    isTop &&= blankOrComment.test(content);
  }
  return found;
}

function unknownOption(text: string): string {
  return `option "${text}" is not known; there are: ${known.join('; ')}`;
}
