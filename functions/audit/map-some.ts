/** The results of `fn` for all items in their order, a few items at once. */
export async function mapSome<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  fn: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(fn))));
  }
  return results;
}
