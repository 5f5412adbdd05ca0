import { writeError } from './answers.ts';
import type { DataApi } from './data-api.ts';
import { DataApiError } from './data-api-error.ts';

/**
 * One Data API for several clusters, each with its own server: a call goes to the cluster that it names, and one that names an unknown
 * cluster is refused. Faults hit calls to the home cluster.
 */
export function routeClusters(home: DataApi, byArn: ReadonlyMap<string, DataApi>): DataApi {
  const all = new Set([home, ...byArn.values()]);
  return {
    faults: home.faults,
    handle: async (path, body) => {
      const { resourceArn } = (body ?? {}) as { resourceArn?: unknown };
      const api = typeof resourceArn === 'string' ? byArn.get(resourceArn) : home;
      if (api !== undefined) return await api.handle(path, body);
      const message = `DBCluster ${String(resourceArn)} is not found.`;
      return writeError(new DataApiError('DatabaseNotFoundException', message));
    },
    sessionCount: () => [...all].reduce((sum, api) => sum + api.sessionCount(), 0),
    close: async () => {
      await Promise.all([...all].map((api) => api.close()));
    },
  };
}
