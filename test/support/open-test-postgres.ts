import {
  openTestPostgres as openPostgres,
  type TestPostgres,
  type TestPostgresOptions,
} from '@tenantry/local';
import { inject } from 'vitest';

export type { TestPostgres } from '@tenantry/local';

/** A fresh PostgreSQL for tests that open it in `beforeAll` and close it in `afterAll`: a copy of one that the run made once. */
export async function openTestPostgres(options?: TestPostgresOptions): Promise<TestPostgres> {
  return await openPostgres({ template: inject('serverTemplates').empty, ...options });
}
