import { sharedColumnTypes } from './generated/shared-tables.gen.ts';
import { siteColumnTypes } from './generated/site-tables.gen.ts';
import { tenantColumnTypes } from './generated/tenant-tables.gen.ts';

/** Types of the columns a tenant sees, as names resolve: what it has itself comes before what is shared. */
export const tenantVisibleColumnTypes = { ...sharedColumnTypes, ...tenantColumnTypes };

/** Types of the columns the operator's site sees. */
export const siteVisibleColumnTypes = { ...sharedColumnTypes, ...siteColumnTypes };
