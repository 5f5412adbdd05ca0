import { join } from 'node:path';
import { openOutsidePlace } from './reachable-place.ts';
import { admitUser, type RunUser } from './run-user.ts';

/** Where the cluster of a data folder lies, as its record says it: in the folder, or outside where that PostgreSQL's user cannot enter it. */
export function placeCluster(dataDir: string, runUser: RunUser | undefined): string {
  if (runUser === undefined || admitUser(dataDir, runUser)) return 'postgres';
  return join(openOutsidePlace(dataDir, runUser), 'postgres');
}
