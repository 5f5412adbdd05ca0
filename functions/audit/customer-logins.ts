import { withServerLogin, type Credentials } from '@tenantry/database';
import type { WithCustomerDatabase } from './audit-customers.ts';

/**
 * Opens customers' databases with the login that is kept for the platform's own work there, `m_<id>`: on somebody else's server there is no
 * role that only looks. Throws `ServerNotReachedError` and `ServerRefusedError`.
 */
export function openAsMigrator(
  readCredentials: (secretArn: string) => Promise<Credentials>,
): WithCustomerDatabase {
  return async ({ migratorSecretArn, ...server }, fn) => {
    if (migratorSecretArn === null)
      throw new TypeError("the platform's login in this database was never stored");
    const { username: user, password } = await readCredentials(migratorSecretArn);
    return await withServerLogin({ server, user, password }, server.name, fn);
  };
}

/** The same with the login that the customer gave, which set the tenant up and can set it right. */
export function openAsCustomer(
  readCredentials: (secretArn: string) => Promise<Credentials>,
): WithCustomerDatabase {
  return async ({ adminSecretArn, ...server }, fn) => {
    const { password } = await readCredentials(adminSecretArn);
    return await withServerLogin({ server, user: server.user, password }, server.name, fn);
  };
}
