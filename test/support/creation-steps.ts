import { schemaNameOf, type CatalogDb, type CreateTenantState } from '@tenantry/tenancy';
import type { CompiledScope } from '@tenantry/migrations';
import { Kysely, type Dialect } from 'kysely';
import { migratorSteps } from '../../functions/lifecycle/migrator-steps.ts';
import { provisionerSteps } from '../../functions/lifecycle/provisioner-steps.ts';
import { registrySteps } from '../../functions/lifecycle/registry-steps.ts';
import { tenantIdOf } from '../../functions/lifecycle/state.ts';
import { verifyLogin } from '../../functions/lifecycle/verify-login.ts';

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
      provisioner: place.provisioner,
      openDatabase: noDatabase,
      catalog,
      readCredentials: async (arn) => ({ username: '', password: secrets.get(arn) ?? '' }),
    }),
    ...migratorSteps({
      migrator: place.migrator,
      openDatabase: noDatabase,
      scope: place.scope,
    }),
    async seed(state: CreateTenantState) {
      return state;
    },
    async verify(state: CreateTenantState) {
      const id = tenantIdOf(state);
      const secretArn = state.secretArn ?? '';
      const password = secrets.get(secretArn) ?? '';
      const dialect = place.dialectFor({ username: schemaNameOf(id), password, secretArn });
      const db = new Kysely<unknown>({ dialect });
      try {
        await verifyLogin(db, id, ['own', 'shared']);
      } finally {
        await db.destroy();
      }
      return state;
    },
  };
}

function noDatabase(name: string): never {
  throw new Error(`tenants share a database here, and ${name} is another one`);
}
