/**
 * The isolation types and what each costs, for help and prompts. The same words as `isolationTypes` of
 * @tenantry/tenancy, kept here because a help text must not load the whole catalog; a test holds them together.
 */
export const isolationChoices = {
  schema: {
    tradeOff:
      'own schema and role in a shared database; recommended, created in well under a second',
  },
  database: {
    tradeOff: 'own database; stronger walls, more connections, about 8 MB each',
  },
  table: {
    tradeOff: 'shared tables with row-level security; densest, migrated together, least separate',
  },
  cache: {
    tradeOff: 'no SQL data, only a cache of its own name space; nothing to migrate, cheapest',
  },
  dedicated: {
    tradeOff:
      'own cluster and own application; complete separation, some minutes to launch, costs most',
  },
} as const;
