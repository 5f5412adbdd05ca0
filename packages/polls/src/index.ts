export { signAccessToken, type AccessClaims, type TokenUse } from './access-token.ts';
export { insertAccount, type NewAccount } from './account-queries.ts';
export { credentials } from './account-shapes.ts';
export {
  findTokenAccount,
  issueAccountToken,
  type TokenAccount,
  type TokenPlace,
} from './account-token.ts';
export * as contract from './contract.ts';
export { createPasswordVerifier } from './password-verifier.ts';
export {
  deletePoll,
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
export { newPoll, pageOfPolls } from './poll-shapes.ts';
export { seedPolls } from './seed-polls.ts';
export { signIn, type SignInRequest, type SignInResult } from './sign-in.ts';
export type { SharedTables as PollsSharedTables } from './generated/shared-tables.gen.ts';
export type { SiteTables as PollsSiteTables } from './generated/site-tables.gen.ts';
export type { TenantTables as PollsTenantTables } from './generated/tenant-tables.gen.ts';
export { siteVisibleColumnTypes, tenantVisibleColumnTypes } from './visible-column-types.ts';
export { countVisit, findVisits } from './visits.ts';
export { cursor } from './wire-format.ts';
