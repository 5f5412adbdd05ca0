import { sqlStateOf } from '@tenantry/database';
import {
  ClusterNotDeclaredError,
  DatabaseLoginRefusedError,
  TenantInputError,
} from '@tenantry/tenancy';
import type { FurtherPlace } from './prepare-further-cluster.ts';

/** The Data API's words for a cluster that is not there or that the function has no rights on. */
const outOfReach = new Set([
  'AccessDeniedException',
  'DatabaseNotFoundException',
  'ForbiddenException',
  'NotFoundException',
]);

/** What an operator can do about a cluster that could not be prepared; other errors as they are. */
export function toClusterError(
  { id, clusterArn, database }: FurtherPlace,
  error: unknown,
): unknown {
  if (!(error instanceof Error)) return error;
  if (outOfReach.has(error.name)) {
    const reason = `the Data API does not let it work on ${clusterArn} (${error.name})`;
    return new ClusterNotDeclaredError(id, reason, error);
  }
  if (error instanceof DatabaseLoginRefusedError) {
    return new TenantInputError(
      'adminSecretArn',
      'the cluster refuses the login in this secret, or the secret cannot be read',
    );
  }
  const state = sqlStateOf(error);
  if (state === '3D000')
    return new TenantInputError('database', `the cluster has no database "${database}"`);
  if (state === '42501') {
    const reason = `its role must be the cluster's master user and own database "${database}"; PostgreSQL says: ${error.message}`;
    return new TenantInputError('adminSecretArn', reason);
  }
  return error;
}
