import { createTenantEndpoint } from '@tenantry/middleware';
import type { PollsSharedTables, PollsTenantTables, TokenAccount } from '@tenantry/polls';
import { requireAccount } from './require-account.ts';

/** Joins an endpoint of the sample application to its code; one with `security` gets the account that is signed in as `caller`. */
export const tenantEndpoint = createTenantEndpoint<
  PollsTenantTables,
  PollsSharedTables,
  TokenAccount
>({ authenticate: requireAccount });
