import { compileConcurrent } from '../compile-concurrent.ts';
import type { CompiledMigration, PooledForm } from '../compiled-migrations.ts';
import { toStatement, type MigrationStatement } from '../migration-statement.ts';
import { splitStatements } from '../split-statements.ts';
import { PoolRefusal } from './pool-refusal.ts';
import { poolStatement, type PooledStatement } from './pool-statement.ts';
import { SchemaObjects } from './schema-objects.ts';

/** The migrations of tenants, in the order in which they are applied, each with its form for tables that tenants share. */
export async function poolMigrations(
  migrations: readonly CompiledMigration[],
): Promise<CompiledMigration[]> {
  const objects = new SchemaObjects();
  const pooled: CompiledMigration[] = [];
  for (const migration of migrations) {
    pooled.push({ ...migration, pooled: await poolMigration(migration, objects) });
  }
  return pooled;
}

async function poolMigration(
  { form, file, up, down }: CompiledMigration,
  objects: SchemaObjects,
): Promise<PooledForm> {
  if (form === 'program') return { up, down };
  let line: number | null = null;
  const poolAll = async (statements: readonly MigrationStatement[], known: SchemaObjects) => {
    const pooled: MigrationStatement[] = [];
    for (const statement of statements) {
      ({ line } = statement);
      pooled.push(...(await poolOne(statement, { file, objects: known })));
    }
    return pooled;
  };
  try {
    const pooledUp = await poolAll(up, objects);
    return { up: pooledUp, down: down && (await poolAll(down, objects.copy())) };
  } catch (error) {
    if (!(error instanceof PoolRefusal)) throw error;
    return { refusal: error.message, line };
  }
}

async function poolOne(
  statement: MigrationStatement,
  { file, objects }: { readonly file: string; readonly objects: SchemaObjects },
): Promise<MigrationStatement[]> {
  const { concurrent, line } = statement;
  const sql = concurrent === undefined ? statement.sql : concurrent.parts.join('');
  const pooled = await poolStatement(sql, objects);
  const after = pooled.after.map(async (text) => toStatement(await parseOne(text, { file, line })));
  return await Promise.all([replaceText(statement, pooled, file), ...after]);
}

async function replaceText(
  statement: MigrationStatement,
  { sql, isPerTenant }: PooledStatement,
  file: string,
): Promise<MigrationStatement> {
  const { line, concurrent, batch } = statement;
  const parsed = await parseOne(sql, { file, line });
  if (concurrent !== undefined) return await compileConcurrent(parsed, { file });
  return {
    ...toStatement(parsed),
    ...(batch !== undefined && { batch }),
    ...(isPerTenant && { isPerTenant }),
  };
}

async function parseOne(
  sql: string,
  place: { readonly file: string; readonly line: number | null },
) {
  const [parsed] = await splitStatements(sql, { file: place.file, firstLine: 1 });
  return { sql, line: place.line, tree: parsed?.tree };
}
