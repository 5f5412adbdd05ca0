/**
 * The schema in which the migrator applies migrations to look at what they make, and its roles: as a tenant's, but nobody can log in as
 * the user. All that happens in it is rolled back.
 */
export const referenceSchema = {
  schema: 'tenantry_reference',
  owner: 'o_reference',
  user: 't_reference',
} as const;
