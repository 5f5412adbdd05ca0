/**
 * The isolation types, what each costs and whether it can be chosen, for help and prompts. The same words as `isolationTypes` of
 * @tenantry/tenancy, kept here because a help text must not load the whole catalog; a test holds them together.
 */
export const isolationChoices = {
  schema: {
    isAvailable: true,
    tradeOff:
      'own schema and role in a shared database; recommended, created in well under a second',
  },
  database: {
    isAvailable: true,
    tradeOff: 'own database; stronger walls, more connections, about 8 MB each',
  },
  table: {
    isAvailable: true,
    tradeOff: 'shared tables with row-level security; densest, migrated together, least separate',
  },
  cache: {
    isAvailable: true,
    tradeOff: 'no SQL data, only a cache of its own name space; nothing to migrate, cheapest',
  },
  dedicated: {
    isAvailable: false,
    tradeOff: 'own cluster and own functions; complete separation, costs most',
  },
} as const;
