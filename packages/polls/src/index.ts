export {
  findAccessClaims,
  isSignedWith,
  signAccessToken,
  type AccessClaims,
} from './access-token.ts';
export {
  ensureSigningSecret,
  findAccount,
  findAccountWithSigningSecret,
  insertAccount,
  type NewAccount,
} from './account-queries.ts';
export * as contract from './contract.ts';
export { createPasswordVerifier, isPasswordOf } from './password-verifier.ts';
export {
  deletePollOf,
  findCategory,
  findPoll,
  hasChoice,
  hasPoll,
  insertPoll,
  insertVote,
  selectCategories,
  selectPolls,
  type NewPoll,
  type NewVote,
  type Page,
} from './poll-queries.ts';
export { seedPolls } from './seed-polls.ts';
export type { SharedTables as PollsSharedTables } from './generated/shared-tables.gen.ts';
export type { SiteTables as PollsSiteTables } from './generated/site-tables.gen.ts';
export type { TenantTables as PollsTenantTables } from './generated/tenant-tables.gen.ts';
export { siteVisibleColumnTypes, tenantVisibleColumnTypes } from './visible-column-types.ts';
