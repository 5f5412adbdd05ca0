import { stripTypeScriptTypes } from 'node:module';
import { MigrationInvalidError } from '@tenantry/tenancy';

const imports = /(^|[;\n])\s*(import\b(?!\s*\.)|export\b[^;={(]*\bfrom\b)|\bimport\s*\(/;

/**
 * The JavaScript of a TypeScript migration that is a program. Throws `MigrationInvalidError` when it imports more than types: years later
 * it must still do what it does today.
 */
export function compileProgram(source: string, file: string): string {
  const text = stripTypeScriptTypes(source.replaceAll('\r\n', '\n'));
  if (!imports.test(text)) return text;
  throw new MigrationInvalidError(
    file,
    'a migration that reads data may import types only; Kysely\'s "sql" is handed to it: up(db, { sql })',
  );
}
