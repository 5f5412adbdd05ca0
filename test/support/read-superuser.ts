import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The login of the superuser of a test's server, which nothing but a test uses. */
export async function readSuperuser(dataDir: string): Promise<{ user: string; password: string }> {
  const record = await readFile(join(dataDir, 'postgres.json'), 'utf8');
  return (JSON.parse(record) as { superuser: { user: string; password: string } }).superuser;
}
