import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { countOf } from '../output/count-of.ts';
import { clusterHead, toClusterRow } from '../output/format-cluster.ts';
import { printList } from '../output/print-list.ts';
import type { Session } from '../session.ts';

/** Shows all clusters with their tenants and free places: `tenantry cluster list`. */
export async function listClusters(session: Session): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const { clusters } = await platform.call('list-clusters', {});
    printList(
      {
        name: 'clusters',
        items: clusters,
        head: clusterHead,
        row: toClusterRow,
        title: `${platform.stage} · ${platform.region} · ${countOf(clusters.length, 'cluster')}`,
      },
      session,
    );
    return exitCodes.ok;
  });
}
