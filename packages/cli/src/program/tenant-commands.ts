import { Option } from '@commander-js/extra-typings';
import { createHelp, deleteHelp, suspendHelp } from '../help-texts.ts';
import { collectList } from '../selector-flags.ts';
import type { Root } from './create-root.ts';
import type { Runners } from './runners.ts';

/** Adds `tenant`: what there is about single tenants. */
export function addTenantCommands(program: Root, runners: Runners): void {
  const tenant = createGroup(program);
  addCreate(tenant, runners);
  addOthers(tenant, runners);
  addSuspension(tenant, runners);
}

type TenantGroup = ReturnType<typeof createGroup>;

function createGroup(program: Root) {
  return program
    .command('tenant')
    .description('create, list, show, suspend, resume and delete tenants');
}

function addCreate(tenant: TenantGroup, { run }: Runners): void {
  tenant
    .command('create')
    .description('create a tenant; asks for what is missing')
    .argument('[slug]', 'what you type and what the host starts with')
    .option('--name <name>', 'display name')
    .option('--isolation <type>', 'how its data is kept apart (default: schema)')
    .option('--pool <pool>', 'with --isolation table: whose tables it shares (default: main)')
    .option('--cluster <name>', 'the cluster it goes to (default: the one with most room)')
    .option(
      '--domain <host>',
      'host name that leads to it (default: the slug under the base domain)',
    )
    .option('--db-host <host>', "with --isolation database: the customer's own server")
    .option('--db-port <port>', 'port of that server (default: 5432)')
    .option('--db-name <name>', 'name of the database there')
    .option('--db-user <user>', 'who may make roles there, and the database if it is new')
    .option('--db-password-stdin', "read that user's password from standard input")
    .option('--create-database', 'make the database')
    .option('--no-create-database', 'use the database as it is')
    .addOption(
      new Option(
        '--db-tls <mode>',
        'certificate checked, or in the clear (default: verify, off on this machine)',
      ).choices(['verify', 'off']),
    )
    .option('--db-tls-ca <file>', "certificate of the authority that signed the server's")
    .option('--plan <plan>', 'short for --field plan=<plan>')
    .option('--field <key=value>', 'a field of your application; may be repeated', collect, [])
    .option('--no-migrate', 'leave the tenant empty')
    .option('--no-provision', 'only record it; the same command without this flag makes the rest')
    .option(
      '--from-file <file>',
      'create all tenants of a .csv, .json or .ndjson file, or of - (stdin)',
    )
    .option(
      '--skip-existing',
      'with --from-file: leave out slugs that exist instead of refusing all',
    )
    .addHelpText('after', createHelp)
    .action(async (slug, _, command) => {
      const { fromFile, ...flags } = command.optsWithGlobals();
      if (fromFile !== undefined) {
        const { createTenantsFromFile } = await import('../commands/create-tenants-from-file.ts');
        await run(flags, (session) => createTenantsFromFile(fromFile, { ...flags, slug }, session));
        return;
      }
      const { createTenant } = await import('../commands/create-tenant.ts');
      const options = command.optsWithGlobals();
      // Only a flag that was given keeps its question from being asked.
      const isSaid = command.getOptionValueSource('migrate') === 'cli';
      const said = { ...options, migrate: isSaid ? options.migrate : undefined };
      await run(options, (session) => createTenant(slug, said, session));
    });
}

function addOthers(tenant: TenantGroup, { run }: Runners): void {
  tenant
    .command('list')
    .description('show all tenants, or those that match')
    .addOption(
      new Option('--where <key=value,...>', 'by status, isolation, version or a field').argParser(
        collectList,
      ),
    )
    .action(async (_, command) => {
      const { listTenants } = await import('../commands/list-tenants.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => listTenants(options, session));
    });
  tenant
    .command('show')
    .description('show one tenant')
    .argument('<tenant>', 'slug or id')
    .action(async (reference, _, command) => {
      const { showTenant } = await import('../commands/show-tenant.ts');
      await run(command.optsWithGlobals(), (session) => showTenant(reference, session));
    });
  tenant
    .command('delete')
    .description('delete a tenant with all of its data')
    .argument('<tenant>', 'slug or id')
    .option(
      '--leave-database',
      "leave the customer's own server as it is, when it is gone for good",
    )
    .option('--confirm <slug>', 'the slug again, instead of typing it; --yes is not enough')
    .addHelpText('after', deleteHelp)
    .action(async (reference, _, command) => {
      const { deleteTenant } = await import('../commands/delete-tenant.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => deleteTenant(reference, options, session));
    });
}

function addSuspension(tenant: TenantGroup, { run }: Runners): void {
  tenant
    .command('suspend')
    .description('shut a tenant out of its data at once, and keep that')
    .argument('<tenant>', 'slug or id')
    .option('--reason <text>', 'why; operators see it in tenant show')
    .addHelpText('after', suspendHelp)
    .action(async (reference, _, command) => {
      const { suspendTenant } = await import('../commands/suspend-tenant.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => suspendTenant(reference, options, session));
    });
  tenant
    .command('resume')
    .description('let a suspended tenant in again')
    .argument('<tenant>', 'slug or id')
    .action(async (reference, _, command) => {
      const { resumeTenant } = await import('../commands/suspend-tenant.ts');
      await run(command.optsWithGlobals(), (session) => resumeTenant(reference, session));
    });
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}
