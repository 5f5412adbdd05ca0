import type { TestCluster } from '@tenantry/testing';

/** A tool or a limit that does the workload on a cluster of its own. */
export interface Contender {
  readonly name: string;
  /** The number of tenants, where not that of all; for tools that grow with its square. */
  readonly tenants?: number;
  /** Gets ready on a fresh cluster; what it does here is not timed. */
  open(cluster: TestCluster, tenants: number): Promise<OpenContender>;
}

/** A contender on its cluster. */
export interface OpenContender {
  /** Creates all tenants with ten migrations. */
  readonly create: () => Promise<void>;
  /** Applies one more migration to all of them. */
  readonly applyOneMore: () => Promise<void>;
  /** Finds out that no tenant has anything pending. @default - not measured */
  readonly findNothing?: () => Promise<void>;
  close(): Promise<void>;
}

/** Names of schemas as Tenantry makes them: `t_` and 20 characters. */
export function schemaNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `t_${String(index).padStart(20, '0')}`);
}

/** Does `work` for all items, `lanes` of them at once. */
export async function inLanes<Item>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item, lane: number) => Promise<unknown>,
): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (const item of queue) await work(item, lane);
    }),
  );
}
