import {
  tenantVisibleColumnTypes,
  type PollsSharedTables,
  type PollsTenantTables,
} from '@tenantry/polls';
import { tenantTest, type Over } from '@tenantry/testing';
import { inject } from 'vitest';
import { migrationRoots } from './migration-roots.ts';

/** vitest's `test` with a tenant of the sample application for each test. */
export function pollsTest(options: { readonly over?: Over } = {}) {
  return tenantTest<PollsTenantTables, PollsSharedTables>({
    migrations: migrationRoots,
    columnTypes: tenantVisibleColumnTypes,
    template: inject('serverTemplates').prepared,
    ...options,
  });
}
