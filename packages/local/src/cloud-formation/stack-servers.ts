import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { removePostgres } from '../postgres/remove-postgres.ts';
import { startPostgres, type RunningPostgres } from '../postgres/start-postgres.ts';

/** How the servers are run. */
export interface StackServersOptions {
  readonly logDir: string;
  readonly durable?: boolean | undefined;
}

/** A stack whose clusters are meant. */
export interface ServersOfStack {
  readonly stackName: string;
  /** Where the servers have their data, each in a folder named like its cluster's logical id. */
  readonly dir: string;
  readonly clusterIds: readonly string[];
}

/** The PostgreSQL servers that stand for the clusters of stacks. */
export interface StackServers {
  /** A running server for each cluster, by logical id; what runs already stays as it is. */
  start(stack: ServersOfStack): Promise<ReadonlyMap<string, RunningPostgres>>;
  /** Ends the servers of these clusters, and removes their data. */
  remove(stack: ServersOfStack): Promise<void>;
  /** Ends all servers; their data stay. */
  close(): Promise<void>;
}

/** No server yet. */
export function createStackServers({ logDir, durable }: StackServersOptions): StackServers {
  const running = new Map<string, RunningPostgres>();
  const startOne = async (dataDir: string, logFile: string) => {
    const known = running.get(dataDir);
    if (known !== undefined) return known;
    const options = { dataDir, logFile, ...(durable !== undefined && { durable }) };
    const postgres = await startPostgres({ ...options, size: 'small' });
    running.set(dataDir, postgres);
    return postgres;
  };
  return {
    start: async ({ stackName, dir, clusterIds }) => {
      const logFile = join(logDir, `postgres-${stackName}.log`);
      const started = clusterIds.map(
        async (id) => [id, await startOne(join(dir, id), logFile)] as const,
      );
      // All have ended one way or the other before anybody takes a failed one's data away.
      await Promise.allSettled(started);
      return new Map(await Promise.all(started));
    },
    remove: async ({ stackName, dir, clusterIds }) => {
      for (const dataDir of clusterIds.map((id) => join(dir, id))) {
        await running.get(dataDir)?.stop();
        running.delete(dataDir);
        await removePostgres(dataDir);
      }
      await rm(join(logDir, `postgres-${stackName}.log`), { force: true });
    },
    close: async () => {
      const servers = [...running.values()];
      running.clear();
      await Promise.all(servers.map((postgres) => postgres.stop()));
    },
  };
}
