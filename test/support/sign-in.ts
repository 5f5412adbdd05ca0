import { randomUUID } from 'node:crypto';
import type { LocalSystem } from './local-system.ts';

/** Registers an account at a tenant, signs it in, and answers the headers that its requests need. */
export async function signIn(
  system: Pick<LocalSystem, 'request'>,
  slug: string,
): Promise<{ readonly authorization: string }> {
  const body = { username: `user-${randomUUID().slice(0, 8)}`, password: 'correct horse battery' };
  const post = (path: string) =>
    system.request({ host: `${slug}.localhost`, path, method: 'POST', body });
  const account = await post('/accounts');
  if (account.status !== 201) throw new Error(`no account at ${slug}: ${account.text}`);
  const session = await post('/sessions');
  if (session.status !== 201) throw new Error(`no session at ${slug}: ${session.text}`);
  return { authorization: `Bearer ${session.json<{ token: string }>().token}` };
}
