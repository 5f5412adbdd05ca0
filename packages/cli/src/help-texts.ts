import { isolationChoices } from './isolation-choices.ts';

/** Shown below the flags of `tenantry tenant create`. */
export const createHelp = `
Isolation types:
${Object.entries(isolationChoices)
  .map(([type, { tradeOff }]) => `  ${type.padEnd(10)} ${tradeOff}`)
  .join('\n')}

Examples:
  tenantry tenant create
  tenantry tenant create acme --name ACME --yes
  tenantry tenant create acme --name 'ACME Corporation' --domain acme.app.example.com --plan pro --yes --json
  tenantry tenant create tiny --name Tiny --isolation table --pool free --yes
  tenantry tenant create globex --name Globex --isolation dedicated --yes
  tenantry tenant create --from-file tenants.csv --skip-existing --yes
  printenv DB_PASSWORD | tenantry tenant create acme --name ACME --isolation database --db-host db.example.com --db-name polls \\
    --db-user app --db-password-stdin --create-database --yes

A file has the columns slug, name, domain, isolation, pool, cluster, plan and field.NAME (of your own fields); only slug is needed. All lines are
checked before anything starts. A tenant that fails is undone, named with its line, and stops no other; the same command goes on with
what was interrupted.`;

/** Shown below the flags of `tenantry cluster add`. */
export const clusterHelp = `
The deployment must name the cluster in its context "clusters", which gives the functions their rights on it:
  {"id": "eu", "arn": "arn:aws:rds:...", "adminSecretArn": "arn:aws:secretsmanager:..."}
A new tenant goes where the largest share of places is free, or where tenant create --cluster says. What all tenants read stays in
the cluster main.

Examples:
  tenantry cluster add eu --arn arn:aws:rds:... --admin-secret arn:aws:secretsmanager:... --capacity 2000
  tenantry cluster set eu --status closed`;

/** Shown below the flags of `tenantry tenant delete`. */
export const deleteHelp = `
A deletion takes the tenant's tables, roles, secret and domains. It wants the slug, typed or given:
  tenantry tenant delete acme --confirm acme`;

/** Shown below the flags of `tenantry tenant suspend`. */
export const suspendHelp = `
Its hosts answer as unknown ones do. In the database its rights are taken away and its sessions ended: when the command ends, no statement of
the tenant succeeds any more. Migrations go on. A command that failed goes on where it was when it is typed again.

Examples:
  tenantry tenant suspend acme --reason 'invoice 1007 is unpaid'
  tenantry tenant resume acme`;

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
  tenantry migrate up --all --scope all --yes -o ndjson
  tenantry migrate up --all --verify`;

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
  tenantry dev --port 9000 --data /tmp/tenantry --no-sample
  tenantry dev --cluster eu`;

/** Shown below the flags of `tenantry types`. */
export const typesHelp = `
Migrations and the folder of the generated files are named in tenantry.config.ts; no running system is needed.

Examples:
  tenantry types
  tenantry types --check`;

/** Shown below the flags of `tenantry doctor`. */
export const doctorHelp = `
Every night an audit looks at the walls of all tenants; this shows what it found last. By night only settings that tenants changed themselves are
set back. A repair never loses data: what could is only shown, as a command to be run by hand. Ends with 3 when something is not well.

Examples:
  tenantry doctor
  tenantry doctor --now --json
  tenantry doctor --repair
  tenantry doctor --repair SCHEMA_GRANT ROLE_SETTING --yes`;

/** Shown below the flags of `tenantry isolation check`. */
export const isolationHelp = `
For each isolation two tenants are made on each cluster, named isolation-check-..., with the field synthetic=true. Nothing that is tried
changes anything. Both are deleted at the end, after Ctrl-C too; what is left all the same, the next check removes. Ends with 1 when a wall
did not hold.

Examples:
  tenantry isolation check
  tenantry isolation check --cluster eu
  tenantry isolation check --isolation table --json`;
