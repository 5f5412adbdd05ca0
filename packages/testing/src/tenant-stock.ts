/** Something that is made before it is needed. */
export interface Stock<Item> {
  /** The next one; another is being made meanwhile. */
  take(): Promise<Item>;
  /** Waits for those in the making and answers all that nobody took. */
  close(): Promise<readonly Item[]>;
}

/** Keeps `ahead` items ready or in the making, from the first `take` on. */
export function createStock<Item>(make: () => Promise<Item>, ahead: number): Stock<Item> {
  const waiting: Promise<Item>[] = [];
  const fill = () => {
    while (waiting.length < ahead) {
      const item = make();
      // Who takes it gets its error; until then it must not count as unhandled.
      item.catch(() => undefined);
      waiting.push(item);
    }
  };
  return {
    take: async () => {
      fill();
      const item = waiting.shift() ?? make();
      fill();
      return await item;
    },
    close: async () => {
      const made = await Promise.allSettled(waiting.splice(0));
      return made.flatMap((item) => (item.status === 'fulfilled' ? [item.value] : []));
    },
  };
}
