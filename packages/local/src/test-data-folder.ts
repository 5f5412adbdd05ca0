/**
 * Makes `to`, which does not exist, a copy of the data folder of a system that has ended, for tests that begin with a deployed system.
 * Throws as the copying does: `LocalError` when a system runs on `from`, `TypeError` when there is nothing to copy.
 */
export async function copyDataFolder(from: string, to: string): Promise<void> {
  // Loaded late, as in `startLocal`.
  const { copyDataFolder: copy } = await import('./data-folder/copy-data-folder.ts');
  copy(from, to);
}
