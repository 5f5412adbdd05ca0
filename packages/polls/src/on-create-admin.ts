import type { CreateAdmin } from '@tenantry/migrations';
import { TenantInputError } from '@tenantry/tenancy';
import { upsertAdministrator } from './account-queries.ts';
import { newAccount } from './account-shapes.ts';
import type { TenantTables } from './generated/tenant-tables.gen.ts';
import { createPasswordVerifier } from './password-verifier.ts';

/** What `tenantry admin create` runs: the account may use the administration pages at the tenant's host. */
const createAdmin: CreateAdmin<TenantTables> = async ({ db, name, password }) => {
  const parsed = newAccount.safeParse({ username: name, password });
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path[0] === 'password' ? 'password' : 'name';
    throw new TenantInputError(field, issue?.message ?? 'does not fit');
  }
  const passwordVerifier = await createPasswordVerifier(parsed.data.password);
  await upsertAdministrator(db, { username: parsed.data.username, passwordVerifier });
};

export default createAdmin;
