import type { ClusterView } from '@tenantry/tenancy';

/** What the cells of a cluster's line are. */
export const clusterHead = [
  'cluster',
  'status',
  'tenants',
  'capacity',
  'used',
  'database',
  'arn',
  'stack',
];

/** A cluster's line. */
export function toClusterRow(cluster: ClusterView): string[] {
  const { id, status, tenants, capacity, database, arn, stack } = cluster;
  const places = [String(tenants), String(capacity), shareOf(cluster)];
  return [id, status, ...places, database, arn, stack ?? '–'];
}

/** A cluster in one sentence. */
export function describeCluster({ id, status, tenants, capacity }: ClusterView): string {
  return `${id} is ${status} and has ${tenants} of ${capacity} tenants`;
}

function shareOf({ tenants, capacity }: ClusterView): string {
  return capacity === 0 ? '–' : `${Math.round((tenants / capacity) * 100)} %`;
}
