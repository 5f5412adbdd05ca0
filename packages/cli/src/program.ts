import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { CliContext } from './context.ts';
import { exitCodesHelp, type ExitCode } from './exit-codes.ts';
import { createHelp, deleteHelp, devHelp, typesHelp, upHelp } from './help-texts.ts';
import { openSession, type GlobalOptions, type OutputFormat, type Session } from './session.ts';

/** Told the exit code of the command that ran. */
export type OnExitCode = (code: ExitCode) => void;

/** Runs a command's function in a session of its options. */
type Run = (
  options: GlobalOptions,
  command: (session: Session) => Promise<ExitCode>,
) => Promise<void>;

const version = '0.1.0';
const formats: readonly OutputFormat[] = ['table', 'json', 'csv'];

/** All commands with their flags and help. What a command does is loaded when it runs, so that help and errors are fast. */
export function createProgram(context: CliContext, onExitCode: OnExitCode): Root {
  const program = createRoot(context);
  const run: Run = async (options, command) => {
    onExitCode(await command(openSession(context, options)));
  };
  addDev(program, context, onExitCode);
  addTenantCommands(program, run);
  addMigrateCommands(program, run);
  addTypes(program, run);
  return program;
}

type Root = ReturnType<typeof createRoot>;

function createRoot({ stdout, stderr }: CliContext) {
  return new Command('tenantry')
    .description(
      'Tenants with their own walls in PostgreSQL, and all of them on one schema version',
    )
    .version(version, '--version')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      outputError: () => undefined,
    })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .option(
      '--stage <name>',
      'a deployment on AWS (default: TENANTRY_STAGE, then the local system)',
    )
    .option('--region <name>', 'AWS region of the deployment')
    .option(
      '--data <dir>',
      'data folder of a local system (default: TENANTRY_DATA, then .tenantry upwards)',
    )
    .option('--json', 'short for -o json: one line on standard output, errors as JSON too')
    .addOption(new Option('-o, --output <format>', 'form of the answer').choices(formats))
    .option('-y, --yes', 'answer yes to "are you sure"; a deletion wants --confirm')
    .option('--no-input', 'never ask; end with 4 when something is missing')
    .option('--debug', 'show the stack of an error')
    .addHelpText('after', `\n${exitCodesHelp}`);
}

function addDev(program: Root, context: CliContext, onExitCode: OnExitCode): void {
  program
    .command('dev')
    .description('run the whole system on this machine: PostgreSQL, the AWS services, the gateway')
    .addOption(
      new Option('--port <number>', 'port of the gateway').argParser(parsePort).default(8787),
    )
    .option('--no-sample', 'do not create the sample tenants thor and potter')
    .addHelpText('after', devHelp)
    .action(async (_, command) => {
      const { dev } = await import('./dev/dev.ts');
      onExitCode(await dev(command.optsWithGlobals(), context));
    });
}

function addTenantCommands(program: Root, run: Run): void {
  const tenant = program.command('tenant').description('create, list, show and delete tenants');
  tenant
    .command('create')
    .description('create a tenant; asks for what is missing')
    .argument('[slug]', 'what you type and what the host starts with')
    .option('--name <name>', 'display name')
    .option('--isolation <type>', 'how its data is kept apart (default: schema)')
    .option(
      '--domain <host>',
      'host name that leads to it (default: the slug under the base domain)',
    )
    .option('--plan <plan>', 'short for --field plan=<plan>')
    .option('--field <key=value>', 'a field of your application; may be repeated', collect, [])
    .option('--no-migrate', 'leave the tenant empty')
    .addHelpText('after', createHelp)
    .action(async (slug, _, command) => {
      const { createTenant } = await import('./commands/create-tenant.ts');
      const options = command.optsWithGlobals();
      // Only a flag that was given keeps its question from being asked.
      const isSaid = command.getOptionValueSource('migrate') === 'cli';
      const said = { ...options, migrate: isSaid ? options.migrate : undefined };
      await run(options, (session) => createTenant(slug, said, session));
    });
  tenant
    .command('list')
    .description('show all tenants')
    .action(async (_, command) => {
      const { listTenants } = await import('./commands/list-tenants.ts');
      await run(command.optsWithGlobals(), (session) => listTenants(session));
    });
  tenant
    .command('show')
    .description('show one tenant')
    .argument('<tenant>', 'slug or id')
    .action(async (reference, _, command) => {
      const { showTenant } = await import('./commands/show-tenant.ts');
      await run(command.optsWithGlobals(), (session) => showTenant(reference, session));
    });
  tenant
    .command('delete')
    .description('delete a tenant with all of its data')
    .argument('<tenant>', 'slug or id')
    .option('--confirm <slug>', 'the slug again, instead of typing it; --yes is not enough')
    .addHelpText('after', deleteHelp)
    .action(async (reference, _, command) => {
      const { deleteTenant } = await import('./commands/delete-tenant.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => deleteTenant(reference, options, session));
    });
}

function addMigrateCommands(program: Root, run: Run): void {
  const migrate = program.command('migrate').description('bring tenants to the newest migration');
  migrate
    .command('up')
    .description('apply pending migrations; name tenants or say --all')
    .argument('[tenants...]', 'slugs or ids')
    .option('--all', 'every tenant')
    .addHelpText('after', upHelp)
    .action(async (references, _, command) => {
      const { migrateUp } = await import('./commands/migrate-up.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => migrateUp(references, options, session));
    });
  migrate
    .command('status')
    .description('who is at which migration')
    .argument('[tenants...]', 'slugs or ids (default: all)')
    .option('--exit-code', 'end with 3 when a tenant is behind')
    .action(async (references, _, command) => {
      const { migrateStatus } = await import('./commands/migrate-status.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => migrateStatus(references, options, session));
    });
}

function addTypes(program: Root, run: Run): void {
  program
    .command('types')
    .description('write the types of all tables from an empty, migrated database')
    .option('--check', 'write nothing; end with 3 when a file is not up to date')
    .addHelpText('after', typesHelp)
    .action(async (_, command) => {
      const { generateTypes } = await import('./commands/generate-types.ts');
      const options = command.optsWithGlobals();
      await run(options, (session) => generateTypes(options, session));
    });
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

function parsePort(value: string): number {
  const port = Number(value);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('A port is a number from 0 to 65535.');
}
