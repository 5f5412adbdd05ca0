import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';

/**
 * Puts `text` in the place of the file's content, readable by its owner only: whoever reads the file, also after a power cut, finds
 * the old content or the new one.
 */
export async function writeFileAtomically(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}

/** The same as `writeFileAtomically`, done when the call returns. */
export function writeFileAtomicallySync(path: string, text: string): void {
  const draft = `${path}.draft-sync`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}
