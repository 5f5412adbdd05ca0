import { Command, Option } from '@commander-js/extra-typings';
import type { CliContext } from '../context.ts';
import { exitCodesHelp } from '../exit-codes.ts';
import type { OutputFormat } from '../session.ts';

/** The version of the command line, which loads no other package to say it. */
export const version = '0.1.0';
const formats: readonly OutputFormat[] = ['table', 'json', 'ndjson', 'csv'];

/** The program itself with the flags that every command understands, before it has commands. */
export type Root = ReturnType<typeof createRoot>;

/** The program without commands; it never ends the process. */
export function createRoot({ stdout, stderr }: CliContext) {
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
