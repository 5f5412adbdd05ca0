import type { CatalogDb, CatalogSchema } from '@tenantry/tenancy';
import { Kysely, type Dialect } from 'kysely';

/** Opens the catalog over a dialect that logs in as `catalog_writer` or `catalog_reader`. */
export function openCatalogDb(dialect: Dialect): CatalogDb {
  return new Kysely<CatalogSchema>({ dialect }).withSchema('catalog');
}
