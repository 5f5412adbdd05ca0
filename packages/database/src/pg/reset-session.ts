/**
 * SQL that takes back whatever the last user left in a session: what DISCARD ALL does, but for the plans of functions, which are nobody's
 * state and cost time to make again. Not for a session with an open transaction.
 */
export const resetSession: string = [
  'close all',
  'set session authorization default',
  'reset all',
  'deallocate all',
  'unlisten *',
  'select pg_catalog.pg_advisory_unlock_all()',
  'discard temp',
  'discard sequences',
].join('; ');
