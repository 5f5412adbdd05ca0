import { writeError } from './answers.ts';
import type { DataApi } from './data-api.ts';
import { DataApiError } from './data-api-error.ts';

/** One Data API for several clusters, which may come and go. */
export interface ClusterRouter extends DataApi {
  /** Leads calls that name this cluster to its own server. */
  add(arn: string, api: DataApi): void;
  /** Knows the cluster no more, and ends the sessions there. */
  remove(arn: string): Promise<void>;
}

/** Where calls go. */
export interface ClusterRoutes {
  readonly home: DataApi;
  /** The clusters from the start, the home cluster among them. */
  readonly byArn: ReadonlyMap<string, DataApi>;
  /** Where a call goes whose cluster is not known. @default - it is refused */
  readonly fallback?: DataApi | undefined;
}

/**
 * One Data API for several clusters, each with its own server: a call goes to the cluster that it names, and one that names an unknown
 * cluster is refused. Faults hit calls to the home cluster.
 */
export function routeClusters({ home, byArn, fallback }: ClusterRoutes): ClusterRouter {
  const routes = new Map(byArn);
  const all = () => [...new Set([home, ...routes.values()])];
  return {
    faults: home.faults,
    handle: async (path, body) => {
      const { resourceArn } = (body ?? {}) as { resourceArn?: unknown };
      const api = typeof resourceArn === 'string' ? (routes.get(resourceArn) ?? fallback) : home;
      if (api !== undefined) return await api.handle(path, body);
      const message = `DBCluster ${String(resourceArn)} is not found.`;
      return writeError(new DataApiError('DatabaseNotFoundException', message));
    },
    add: (arn, api) => routes.set(arn, api),
    remove: async (arn) => {
      const api = routes.get(arn);
      routes.delete(arn);
      await api?.close();
    },
    sessionCount: () => all().reduce((sum, api) => sum + api.sessionCount(), 0),
    close: async () => {
      await Promise.all(all().map((api) => api.close()));
    },
  };
}
