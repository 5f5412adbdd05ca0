import { createHash } from 'node:crypto';
import { sql, type QueryExecutorProvider } from 'kysely';
import { retryCatalogRace } from '../retry-catalog-race.ts';
import { clusterFunctions } from './cluster-functions.ts';
import { callers } from './function-callers.ts';
import { referenceSchema } from './reference-schema.ts';

/** What the platform has in every tenant's own database, before the tenant's schema. */
const contents: readonly string[] = [
  'revoke all on schema public from public',
  'create schema if not exists tenantry',
  'revoke all on schema tenantry from public',
  ...clusterFunctions,
  'revoke execute on all routines in schema tenantry from public',
  'grant usage on schema tenantry to platform_migrator',
  ...callers.platform_migrator.map(
    (signature) => `grant execute on routine tenantry.${signature} to platform_migrator`,
  ),
  `select tenantry.ensure_schema('${referenceSchema.schema}', '${referenceSchema.owner}', '${referenceSchema.user}',
    'select, insert, update, delete')`,
];

/** Changes with the contents. */
export const contentsHash = createHash('sha256').update(JSON.stringify(contents)).digest('hex');

/** Brings a database's contents up to date; `provisioner` is logged in there as its owner. Where that is done already it costs one query. */
export async function ensureContents(provisioner: QueryExecutorProvider): Promise<void> {
  const { rows } = await sql<{ prepared: string | null }>`
    select obj_description(to_regnamespace('tenantry'), 'pg_namespace') as prepared`.execute(
    provisioner,
  );
  if (rows[0]?.prepared === contentsHash) return;
  for (const part of partsOf([...contents, `comment on schema tenantry is '${contentsHash}'`])) {
    const block = sql.raw(`do $contents$ begin\n${part.join('\n')}\nend $contents$`);
    await retryCatalogRace(() => block.execute(provisioner));
  }
}

/** A statement over the Data API has at most 65,536 characters. */
const mostCharacters = 60_000;

/** Statements as parts of blocks, as few as their length allows. */
function partsOf(statements: readonly string[]): string[][] {
  let part: string[] = [];
  let length = 0;
  const parts = [part];
  for (const statement of statements) {
    const line = `execute $statement$${statement}$statement$;`;
    if (length + line.length > mostCharacters) {
      parts.push((part = []));
      length = 0;
    }
    part.push(line);
    length += line.length;
  }
  return parts;
}
