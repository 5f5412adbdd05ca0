export * as contract from './contract.ts';
export {
  findCategory,
  findPoll,
  insertPoll,
  selectCategories,
  selectPolls,
  type NewPoll,
} from './poll-queries.ts';
export { seedPolls } from './seed-polls.ts';
export type { PollsSharedTables, PollsSiteTables, PollsTenantTables } from './tables.ts';
