import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describeCluster } from '../output/format-cluster.ts';
import type { Session } from '../session.ts';
import { parseClusterLimits, type ClusterLimitFlags } from './cluster-limits.ts';

/** What the flags of `cluster add` say. */
export interface AddClusterOptions extends ClusterLimitFlags {
  readonly arn: string;
  readonly adminSecret: string;
  readonly database?: string | undefined;
}

/** Prepares a cluster and lets tenants in: `tenantry cluster add`. */
export async function addCluster(
  name: string,
  options: AddClusterOptions,
  session: Session,
): Promise<ExitCode> {
  const { arn, adminSecret: adminSecretArn, database } = options;
  const input = {
    cluster: name,
    arn,
    adminSecretArn,
    ...(database === undefined ? {} : { database }),
    ...parseClusterLimits(options),
    actor: session.context.actor,
  };
  return session.withPlatform(async (platform) => {
    const { cluster } = await platform.call('add-cluster', input);
    if (session.isMachine) session.printJson({ cluster });
    else session.print(`${describeCluster(cluster)}; prepared`);
    return exitCodes.ok;
  });
}
