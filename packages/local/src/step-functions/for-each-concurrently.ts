/** How `forEachConcurrently` goes through its items. */
export interface ConcurrencyOptions<Item> {
  readonly concurrency: number;
  /** No further item is begun once this is true. */
  readonly isDone: () => boolean;
  readonly work: (item: Item) => Promise<void>;
}

/** Works on at most `concurrency` items at once, in their order, and resolves when no work is under way. */
export async function forEachConcurrently<Item>(
  items: readonly Item[],
  { concurrency, isDone, work }: ConcurrencyOptions<Item>,
): Promise<void> {
  const remaining = items.values();
  const worker = async (): Promise<void> => {
    for (const item of remaining) {
      if (isDone()) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
}
