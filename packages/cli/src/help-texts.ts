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
  tenantry tenant create acme --name 'ACME Corporation' --domain acme.app.example.com --plan pro --yes --json
  tenantry tenant create --from-file tenants.csv --skip-existing --yes

A file has the columns slug, name, domain, isolation, plan and field.NAME (of your own fields); only slug is needed. All lines are
checked before anything starts. A tenant that fails is undone, named with its line, and stops no other; the same command goes on with
what was interrupted.`;

/** Shown below the flags of `tenantry tenant delete`. */
export const deleteHelp = `
A deletion takes the tenant's tables, roles, secret and domains. It wants the slug, typed or given:
  tenantry tenant delete acme --confirm acme`;

/** Shown below the flags of every command that works on selected tenants. */
export const selectorHelp = `
Which tenants: slugs or ids, --all, --where, --behind, --failed-in, --sample, --from-file, and --exclude. What is said together
must hold together. Nobody is selected by leaving it out.`;

/** Shown below the flags of `tenantry migrate up`. */
export const upHelp = `
Examples:
  tenantry migrate up acme
  tenantry migrate up acme --plan
  tenantry migrate up --all --canary 2 --waves 5%,25%,100% --max-failures 2%
  tenantry migrate up --where plan=free --to polls/0002_votes --at 22:30
  tenantry migrate up --all --scope all --yes -o ndjson`;

/** Shown below the flags of `tenantry migrate down`. */
export const downHelp = `
Examples:
  tenantry migrate down acme --steps 1
  tenantry migrate down acme globex --to polls/0002_votes --yes
  tenantry migrate down acme --to zero`;

/** Shown below the flags of `tenantry run`. */
export const runHelp = `
FILE is TypeScript: export default script(async ({ db, tenant, log, dryRun }) => { ... }), with script of @tenantry/database.
It runs here, once for each tenant, logged in as that tenant. Behind -- stands any other program: it gets DATABASE_URL and PG...
of the tenant, where PostgreSQL can be reached directly.

Examples:
  tenantry run ./scripts/backfill.ts --where plan=pro --dry-run
  tenantry run ./scripts/backfill.ts --all --concurrency 8 --yes
  tenantry run acme -- psql -c 'select count(*) from poll'`;

/** Shown below the flags of `tenantry admin create`. */
export const adminHelp = `
Runs onCreateAdmin of tenantry.config.ts as the tenant. The password is typed, or read from standard input; no flag takes it.

Examples:
  tenantry admin create acme --name chief
  printenv CHIEF_PASSWORD | tenantry admin create acme --name chief --password-stdin`;

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
