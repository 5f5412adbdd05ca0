import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalRuntime } from '@tenantry/local';
import { exitCodes } from '../exit-codes.ts';
import { CliError } from '../cli-error.ts';
import type { PlatformActions } from '../system/platform.ts';
import { callFunction } from './control-of.ts';

/** The clusters of a local system besides its own: those that are named, and those whose data is in the folder. */
export function listFurtherClusters(dataDir: string, named: readonly string[]): string[] {
  const dir = join(dataDir, 'clusters');
  const known = existsSync(dir) ? readdirSync(dir) : [];
  const wrong = named.find((name) => !/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name));
  if (wrong !== undefined) {
    throw new CliError('USAGE', `"${wrong}" is no name for a cluster.`, {
      exitCode: exitCodes.usage,
      next: [
        'a name is a letter, then letters, digits and single dashes: tenantry dev --cluster eu',
      ],
    });
  }
  return [...new Set([...known, ...named])].toSorted();
}

/** What the context says of clusters, so that the functions' rights and secrets for them are made. */
export function declareClusters(names: readonly string[]): object[] {
  return names.map((id) => ({
    id,
    arn: `arn:aws:rds:us-east-1:000000000000:cluster:${id}`,
    adminSecretArn: `arn:aws:secretsmanager:us-east-1:000000000000:secret:rds!cluster-${id}`,
  }));
}

/** Lets tenants into the clusters of a running system, as `tenantry cluster add` does. */
export async function addFurtherClusters(runtime: LocalRuntime): Promise<void> {
  const call = callFunction<PlatformActions>(
    runtime,
    runtime.description.controlFunction.replace(/control$/, 'clusters'),
  );
  for (const { name: cluster, arn, adminSecretArn } of runtime.clusters)
    await call('add-cluster', { cluster, arn, adminSecretArn, actor: 'dev' });
}
