import {
  schemaNameOf,
  type CatalogDb,
  type CreateTenantState,
  type PlacedState,
} from '@tenantry/tenancy';
import { maintenanceDatabase, pgDialect } from '@tenantry/database';
import type { CompiledScope } from '@tenantry/migrations';
import { passwordOf } from '@tenantry/testing';
import { Kysely, type Dialect } from 'kysely';
import { migratorSteps } from '../../functions/lifecycle/migrator-steps.ts';
import type { TenantPlace } from '../../functions/lifecycle/place.ts';
import { provisionerSteps } from '../../functions/lifecycle/provisioner-steps.ts';
import { registrySteps } from '../../functions/lifecycle/registry-steps.ts';
import { hasTablesIn, poolOf, tenantIdOf } from '../../functions/lifecycle/state.ts';
import { verifyLogin } from '../../functions/lifecycle/verify-login.ts';
import type { AnyDb, TestCluster } from './open-test-cluster.ts';

/** A login, and the ARN of the secret that it is in. */
export interface SecretLogin {
  readonly username: string;
  readonly password: string;
  readonly secretArn: string;
}

/** Where tenants are created, and how it is reached. */
export interface CreationPlace {
  readonly catalog: CatalogDb;
  readonly provisioner: Kysely<unknown>;
  /** As `platform_provisioner` in the cluster's `postgres`. @default - nobody is suspended */
  readonly openMaintenance?: () => Kysely<unknown>;
  readonly migrator: Kysely<unknown>;
  readonly scope: CompiledScope;
  /** Logs in as a tenant. */
  readonly dialectFor: (login: SecretLogin) => Dialect;
  /** Stands for Secrets Manager: passwords by ARN. */
  readonly secrets: Map<string, string>;
}

/** The steps of all lifecycle workers, with secrets in memory and without seeding. */
export function creationSteps({ catalog, secrets, ...place }: CreationPlace) {
  return {
    ...registrySteps(catalog),
    async 'store-secret'(state: CreateTenantState) {
      if (!hasTablesIn(state)) return state;
      const tenantId = tenantIdOf(state);
      const secretArn = `arn:secret:${tenantId}`;
      if (!secrets.has(secretArn)) secrets.set(secretArn, `password-of-${tenantId}`);
      return { ...state, secretArn };
    },
    async 'delete-secret'(state: CreateTenantState) {
      secrets.delete(`arn:secret:${state.tenantId}`);
      return state;
    },
    ...provisionerSteps({
      openProvisioner: (at) =>
        (at.database === maintenanceDatabase && place.openMaintenance?.()) ||
        inSharedDatabase(at, place.provisioner),
      catalog,
      readCredentials: async (arn) => ({ username: '', password: secrets.get(arn) ?? '' }),
      deleteSecret: async (arn) => void secrets.delete(arn),
    }),
    ...migratorSteps({
      openMigrator: (at) => inSharedDatabase(at, place.migrator),
      scope: place.scope,
    }),
    async seed(state: CreateTenantState) {
      return state;
    },
    async verify<State extends PlacedState>(state: State) {
      if (!hasTablesIn(state)) return state;
      const id = tenantIdOf(state);
      const secretArn = state.secretArn ?? '';
      const password = secrets.get(secretArn) ?? '';
      const dialect = place.dialectFor({ username: schemaNameOf(id), password, secretArn });
      const db = new Kysely<unknown>({ dialect });
      try {
        const isMigrated = state.migrated !== undefined;
        await verifyLogin(db, id, { schemas: ['own', 'shared'], pool: poolOf(state), isMigrated });
      } finally {
        await db.destroy();
      }
      return state;
    },
  };
}

/** The same on a test's cluster, over `pg`. */
export function creationStepsOn(
  cluster: TestCluster,
  secrets: CreationPlace['secrets'],
  provisioner: AnyDb = cluster.provisioner,
) {
  return creationSteps({
    catalog: cluster.catalog,
    provisioner: provisioner as unknown as Kysely<unknown>,
    openMaintenance: () => openProvisionerOf(cluster, maintenanceDatabase),
    migrator: cluster.migrator as unknown as Kysely<unknown>,
    scope: cluster.compiled.scopes.tenant,
    dialectFor: ({ username, password }) =>
      pgDialect({ ...cluster.postgres, user: username, password, maxSessions: 1 }),
    secrets,
  });
}

/** A login of its own as `platform_provisioner`, closed with the cluster. */
export function openProvisionerOf(cluster: TestCluster, database: string): Kysely<unknown> {
  const user = 'platform_provisioner';
  return cluster.openAs(user, passwordOf(user), { database }) as unknown as Kysely<unknown>;
}

function inSharedDatabase({ cluster, database }: TenantPlace, login: Kysely<unknown>) {
  if (cluster === null && database === null) return login;
  throw new Error(`tenants share one database here, and ${database ?? cluster?.id} is another one`);
}
