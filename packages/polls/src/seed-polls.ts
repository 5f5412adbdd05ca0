import type { TenantDb } from '@tenantry/database';
import type { TenantTables } from './generated/tenant-tables.gen.ts';
import { insertPoll } from './poll-queries.ts';

/** Gives a tenant two polls to look at. Run again it adds nothing. */
export async function seedPolls(
  db: TenantDb<TenantTables>,
  tenant: { readonly name: string },
): Promise<void> {
  await insertPoll(db, {
    importKey: 'sample-1',
    question: `What should ${tenant.name} build next?`,
    choices: ['An app', 'An API', 'Neither'],
    categoryId: 'product',
  });
  await insertPoll(db, {
    importKey: 'sample-2',
    question: `Where does ${tenant.name} eat on Friday?`,
    choices: ['Noodles', 'Pizza', 'Salad'],
    categoryId: 'food',
  });
}
