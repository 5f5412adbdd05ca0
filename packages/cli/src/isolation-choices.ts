/**
 * The isolation types and what each costs, for help and prompts. The same words as `isolationTypes` of @tenantry/tenancy, kept here
 * because a help text must not load the whole catalog; a test holds them together.
 */
export const isolationChoices = {
  schema: 'own schema and role in a shared database; recommended, created in well under a second',
  database: 'own database; stronger walls, more connections, about 8 MB each',
  table: 'shared tables with row-level security; densest, least separate',
  cache: 'no SQL data, only a cache of its own name space',
  dedicated: 'own cluster and own functions; complete separation, costs most',
} as const;
