import { isolationChoices } from './isolation-choices.ts';

/** Shown below the flags of `tenantry tenant create`. */
export const createHelp = `
Isolation types:
${Object.entries(isolationChoices)
  .map(
    ([type, { tradeOff, isAvailable }]) =>
      `  ${type.padEnd(10)} ${tradeOff}${isAvailable ? '' : ' (not in this version)'}`,
  )
  .join('\n')}

Examples:
  tenantry tenant create
  tenantry tenant create acme --name ACME --yes
  tenantry tenant create acme --name 'ACME Corporation' --domain acme.app.example.com --plan pro --yes --json`;

/** Shown below the flags of `tenantry tenant delete`. */
export const deleteHelp = `
A deletion takes the tenant's tables, roles, secret and domains. It wants the slug, typed or given:
  tenantry tenant delete acme --confirm acme`;

/** Shown below the flags of `tenantry migrate up`. */
export const upHelp = `
Examples:
  tenantry migrate up acme
  tenantry migrate up --all`;

/** Shown below the flags of `tenantry dev`. */
export const devHelp = `
The first start makes the data folder and two sample tenants; data survives a restart. Ctrl-C ends everything.
DATABASE_URL=postgres://... uses that PostgreSQL (15 to 18) instead of the embedded one.

Examples:
  tenantry dev
  tenantry dev --port 9000 --data /tmp/tenantry --no-sample`;

/** Shown below the flags of `tenantry types`. */
export const typesHelp = `
Migrations and the folder of the generated files are named in tenantry.config.ts; no running system is needed.

Examples:
  tenantry types
  tenantry types --check`;
