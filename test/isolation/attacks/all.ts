import type { AttackGroup } from './attack.ts';
import { planting } from './planting.ts';
import { roles } from './roles.ts';
import { platform, server } from './server.ts';
import { sharedTables } from './shared-tables.ts';
import { session } from './session.ts';
import { keys, locks, objects, reads, writes } from './tables.ts';
import { views } from './views.ts';

/** Every attack of the matrix, by kind. */
export const attackGroups: readonly AttackGroup[] = [
  reads,
  writes,
  locks,
  keys,
  objects,
  sharedTables,
  roles,
  planting,
  server,
  platform,
  session,
  views,
];
