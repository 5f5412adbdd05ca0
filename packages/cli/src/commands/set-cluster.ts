import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describeCluster } from '../output/format-cluster.ts';
import type { Session } from '../session.ts';
import { parseClusterLimits, type ClusterLimitFlags } from './cluster-limits.ts';

/** What the flags of `cluster set` say. */
export interface SetClusterOptions extends ClusterLimitFlags {
  readonly status?: 'active' | 'closed' | undefined;
}

/** Changes how many tenants a cluster takes, or whether it takes any: `tenantry cluster set`. */
export async function setCluster(
  name: string,
  options: SetClusterOptions,
  session: Session,
): Promise<ExitCode> {
  const { status } = options;
  const change = { ...parseClusterLimits(options), ...(status === undefined ? {} : { status }) };
  if (Object.keys(change).length === 0) {
    throw new CliError('USAGE', 'Nothing to change: say --capacity, --concurrency or --status.', {
      exitCode: exitCodes.usage,
      next: [`tenantry cluster set ${name} --capacity NUMBER`],
    });
  }
  return session.withPlatform(async (platform) => {
    const input = { cluster: name, ...change, actor: session.context.actor };
    const { cluster } = await platform.call('set-cluster', input);
    if (session.isMachine) session.printJson({ cluster });
    else session.print(describeCluster(cluster));
    return exitCodes.ok;
  });
}
