import { join } from 'node:path';
import type { ClosingStack } from './closing-stack.ts';
import type { DataFolder } from './data-folder/open-data-folder.ts';
import { startPostgres, type RunningPostgres } from './postgres/start-postgres.ts';

/** A cluster besides the one of the stack: a server of its own on this machine. */
export interface FurtherCluster {
  readonly name: string;
  readonly arn: string;
  /** What the secret of its master user is called. */
  readonly adminSecretName: string;
  readonly postgres: RunningPostgres;
}

/** How the servers are started. */
export interface FurtherClustersOptions {
  readonly names: readonly string[];
  readonly folder: DataFolder;
  readonly closing: ClosingStack;
  readonly place: { readonly region: string; readonly accountId: string };
  readonly durable?: boolean | undefined;
  readonly onProgress?: ((step: string) => void) | undefined;
}

/** Starts a PostgreSQL for each named cluster, with its data in the data folder; they are closed through `closing`. */
export async function startFurtherClusters(
  options: FurtherClustersOptions,
): Promise<readonly FurtherCluster[]> {
  const { folder, closing, place, durable, onProgress } = options;
  const clusters: FurtherCluster[] = [];
  for (const name of options.names) {
    const postgres = await startPostgres({
      dataDir: join(folder.dir, 'clusters', name),
      logFile: join(folder.logDir, `postgres-${name}.log`),
      ...(onProgress && { onProgress }),
      ...(durable !== undefined && { durable }),
    });
    closing.push(`PostgreSQL of cluster ${name}`, () => postgres.stop());
    onProgress?.(`cluster ${name}: PostgreSQL on ${postgres.host}:${postgres.port}`);
    const arn = `arn:aws:rds:${place.region}:${place.accountId}:cluster:${name}`;
    // As RDS names the secrets that it keeps itself.
    clusters.push({ name, arn, adminSecretName: `rds!cluster-${name}`, postgres });
  }
  return clusters;
}
