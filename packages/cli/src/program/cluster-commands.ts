import { Option } from '@commander-js/extra-typings';
import { clusterHelp } from '../help-texts.ts';
import type { Root } from './create-root.ts';
import type { Runners } from './runners.ts';

/** Adds `cluster`: where tenants have their places. */
export function addClusterCommands(program: Root, { run }: Runners): void {
  const cluster = program
    .command('cluster')
    .description('add, list and limit the clusters that hold tenants');
  cluster
    .command('add')
    .description('prepare a cluster and let tenants in; the same again repairs it')
    .argument('<name>', 'what the context "clusters" of the deployment calls it')
    .requiredOption('--arn <arn>', "the cluster's ARN")
    .requiredOption('--admin-secret <arn>', "ARN of its master user's secret")
    .option('--database <name>', 'the database for its tenants (default: tenantry)')
    .option('--capacity <count>', 'most tenants that it takes (default: 10000)')
    .option('--concurrency <count>', 'most tenants that a run works on at once')
    .addHelpText('after', clusterHelp)
    .action(async (name, _, command) => {
      const { addCluster } = await import('../commands/add-cluster.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => addCluster(name, options, session));
    });
  cluster
    .command('list')
    .description('show all clusters with their tenants and free places')
    .action(async (_, command) => {
      const { listClusters } = await import('../commands/list-clusters.ts');
      await run(command.optsWithGlobals(), (session) => listClusters(session));
    });
  cluster
    .command('set')
    .description('change how many tenants a cluster takes, or close it to new ones')
    .argument('<name>', 'name of the cluster')
    .option('--capacity <count>', 'most tenants that it takes')
    .option('--concurrency <count>', 'most tenants that a run works on at once')
    .addOption(
      new Option('--status <status>', 'whether it takes new tenants').choices([
        'active',
        'closed',
      ] as const),
    )
    .action(async (name, _, command) => {
      const { setCluster } = await import('../commands/set-cluster.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => setCluster(name, options, session));
    });
}
