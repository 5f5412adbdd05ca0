import { createTenantEndpoint } from '@tenantry/middleware';
import type { PollsSharedTables, PollsTenantTables } from '@tenantry/polls';

/** Joins an endpoint of the sample application to its code. */
export const tenantEndpoint = createTenantEndpoint<PollsTenantTables, PollsSharedTables>();
