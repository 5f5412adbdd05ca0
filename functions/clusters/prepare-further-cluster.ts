import {
  closeServerDatabases,
  findLogin,
  prepareFurtherCluster as prepareDatabase,
  tenantRoles,
  type createSecretsClient,
  type SecretLogin,
  type TenantRole,
} from '@tenantry/database';
import { ClusterNotDeclaredError } from '@tenantry/tenancy';
import { openAs, type DatabaseAddress } from '../databases.ts';

/** A cluster besides the home one, and the secret of its master user. */
export interface FurtherPlace extends DatabaseAddress {
  readonly id: string;
  readonly adminSecretArn: string;
}

/** The ARNs of the secrets of the platform's roles on a cluster. */
export type RoleSecretArns = Readonly<Record<TenantRole, string>>;

/**
 * Makes or brings up to date what the platform has in a further cluster's database, and answers where the logins of its roles are. Throws
 * `ClusterNotDeclaredError` when the deployment made no secrets for this cluster.
 */
export async function prepareFurtherCluster(
  client: ReturnType<typeof createSecretsClient>,
  stage: string,
  place: FurtherPlace,
): Promise<RoleSecretArns> {
  const logins = await readRoleLogins(client, stage, place.id);
  const admin = openAs(place, place.adminSecretArn);
  await prepareDatabase(admin, {
    database: place.database,
    passwords: mapRoles((role) => logins[role].password),
  });
  await closeServerDatabases(admin);
  return mapRoles((role) => logins[role].secretArn);
}

/** What the secrets of a further cluster's roles are called. */
function roleSecretName(stage: string, cluster: string, role: TenantRole): string {
  return `tenantry/${stage}/cluster/${cluster}/${role}`;
}

async function readRoleLogins(
  client: ReturnType<typeof createSecretsClient>,
  stage: string,
  cluster: string,
): Promise<Readonly<Record<TenantRole, SecretLogin>>> {
  const logins = new Map<TenantRole, SecretLogin>();
  for (const role of tenantRoles) {
    const name = roleSecretName(stage, cluster, role);
    const login = await findLogin(client, name);
    if (login === undefined)
      throw new ClusterNotDeclaredError(
        cluster,
        `there is no secret ${name}, or it cannot be read`,
      );
    logins.set(role, login);
  }
  return mapRoles((role) => logins.get(role) as SecretLogin);
}

function mapRoles<Value>(
  valueOf: (role: TenantRole) => Value,
): Readonly<Record<TenantRole, Value>> {
  return Object.fromEntries(tenantRoles.map((role) => [role, valueOf(role)])) as Record<
    TenantRole,
    Value
  >;
}
