import { resolve } from 'node:path';
import { Option, type Command, type OptionValues } from '@commander-js/extra-typings';
import type { WithFlags } from './with-flags.ts';
import type { TargetScope, TargetSelector } from '@tenantry/tenancy';
import { CliError } from './cli-error.ts';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';
import { readReferences } from './read-references.ts';

const scopeFlags = {
  shared: ['shared'],
  site: ['site'],
  tenant: ['tenant'],
  static: ['shared', 'site'],
  all: ['shared', 'site', 'tenant'],
} as const satisfies Record<string, readonly TargetScope[]>;

/** Whether the catalog is believed. */
export interface VerifyFlag {
  /** Read the tenants' own ledgers first, and set right what the catalog knows of their migrations. */
  readonly verify?: true | undefined;
}

/** What the flags of every fleet command say about the tenants it works on. */
export interface SelectorFlags extends VerifyFlag {
  readonly all?: true | undefined;
  /** `key=value`. */
  readonly where?: readonly string[] | undefined;
  readonly behind?: true | string | undefined;
  readonly failedIn?: string | undefined;
  readonly sample?: number | undefined;
  readonly fromFile?: string | undefined;
  readonly exclude?: readonly string[] | undefined;
  readonly scope?: readonly (keyof typeof scopeFlags)[] | undefined;
  /** Show whom the command would work on, and run nothing. */
  readonly dryRun?: true | undefined;
}

/** A command whose tenants were named, chosen by flags, or both. */
export interface SelectedBy {
  /** Slugs and ids, as arguments. */
  readonly references: readonly string[];
  readonly flags: SelectorFlags;
  /** The command as it was called, without tenants: `tenantry migrate up`. */
  readonly command: string;
}

/** The command with the flags that say which tenants. */
export function withSelector<
  Args extends unknown[],
  Flags extends OptionValues,
  Global extends OptionValues,
>(command: Command<Args, Flags, Global>): Command<Args, WithFlags<Flags, SelectorFlags>, Global> {
  for (const option of selectorOptions()) command.addOption(option);
  return command;
}

/**
 * The selector that arguments and flags make. Selecting nobody is an error, never "all". Throws `CliError` NO_TENANTS_SELECTED, and
 * USAGE for what contradicts itself.
 */
export async function readSelector(
  { references, flags, command }: SelectedBy,
  context: Pick<CliContext, 'cwd' | 'stdin'>,
): Promise<TargetSelector> {
  const { fromFile } = flags;
  const listed =
    fromFile === undefined
      ? []
      : await readReferences(fromFile === '-' ? context.stdin : resolve(context.cwd, fromFile));
  const tenants = [...new Set([...references, ...listed])];
  if (flags.all === true && (tenants.length > 0 || fromFile !== undefined)) {
    throw new CliError('USAGE', 'Name tenants or say --all, not both.', {
      exitCode: exitCodes.usage,
      next: [`${command} --all`, `${command} ${tenants.join(' ')}`.trim()],
    });
  }
  const selector = toSelector(tenants, flags);
  const isListEmpty = fromFile !== undefined && tenants.length === 0;
  if (isListEmpty || selectsNobody(selector)) throw noTenantsSelected(command);
  return selector;
}

/** Whether a flag says who is meant. */
export function hasSelection(flags: SelectorFlags): boolean {
  const { all, where, behind, failedIn, sample, fromFile, exclude, scope } = flags;
  const said = [all, where, behind, failedIn, sample, fromFile, exclude, scope];
  return said.some((flag) => flag !== undefined);
}

/** Whether exactly one tenant was named and nothing else said, so that there is no doubt who is meant. */
export function isOneTenant(selector: TargetSelector): boolean {
  return selector.tenants?.length === 1 && Object.keys(selector).length === 1;
}

function selectorOptions(): Option[] {
  return [
    new Option('--all', 'every tenant'),
    new Option(
      '--where <key=value,...>',
      'by status, isolation, cluster, version or a field',
    ).argParser(collectList),
    new Option('--behind [id]', 'behind the newest migration, or without this one'),
    new Option('--failed-in <run>', 'those that failed in a run'),
    new Option('--sample <count>', 'so many of them, the same ones each time').argParser(
      parseCount,
    ),
    new Option('--from-file <file>', 'slugs or ids, one a line; - reads standard input'),
    new Option('--verify', "read the tenants' own ledgers first, as after a restore"),
    new Option('--dry-run', 'show whom it would work on, and run nothing'),
    new Option('--exclude <slug,...>', 'leave these out').argParser(collectList),
    new Option(
      '--scope <scope>',
      'shared, site, tenant, static (shared and site) or all; may be repeated',
    )
      .argParser(collectScopes)
      .default(undefined, 'tenant'),
  ];
}

function toSelector(tenants: readonly string[], flags: SelectorFlags): TargetSelector {
  const { all, where, behind, failedIn, sample, exclude, scope } = flags;
  return {
    ...(scope === undefined ? {} : { scopes: [...new Set(scope.flatMap((it) => scopeFlags[it]))] }),
    ...(all === undefined ? {} : { all }),
    ...(tenants.length === 0 ? {} : { tenants }),
    ...(where === undefined ? {} : { where: parseWhere(where) }),
    ...(behind === undefined ? {} : { behind }),
    ...(failedIn === undefined ? {} : { failedIn }),
    ...(sample === undefined ? {} : { sample }),
    ...(exclude === undefined ? {} : { exclude }),
  };
}

function selectsNobody({ scopes, ...selector }: TargetSelector): boolean {
  const isStaticOnly = scopes !== undefined && !scopes.includes('tenant');
  const { all, tenants, where, behind, failedIn, sample } = selector;
  const said = [all, tenants, where, behind, failedIn, sample];
  return !isStaticOnly && said.every((part) => part === undefined);
}

function noTenantsSelected(command: string): CliError {
  return new CliError(
    'NO_TENANTS_SELECTED',
    'No tenants selected. A fleet command never means "all" by itself.',
    {
      exitCode: exitCodes.usage,
      missing: ['SLUG (argument)', '--all', '--where KEY=VALUE', '--behind'],
      next: [`${command} --all`, `${command} acme globex`, `${command} --where plan=pro`],
    },
  );
}

/** The pairs of `--where`; throws `CliError` USAGE. */
export function parseWhere(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', ...value] = pair.split('=');
      if (key === '' || value.length === 0) throw usage(`--where "${pair}" is not KEY=VALUE.`);
      return [key, value.join('=')];
    }),
  );
}

/** Adds the words of a list with commas to those before. */
export function collectList(value: string, previous: readonly string[] = []): string[] {
  const words = value.split(',').map((word) => word.trim());
  return [...previous, ...words.filter((word) => word !== '')];
}

function collectScopes(
  value: string,
  previous: readonly string[] = [],
): (keyof typeof scopeFlags)[] {
  const known = Object.keys(scopeFlags);
  if (!known.includes(value)) throw usage(`--scope "${value}" is not one of ${known.join(', ')}.`);
  return [...previous, value] as (keyof typeof scopeFlags)[];
}

function parseCount(value: string): number {
  const count = Number(value);
  if (Number.isInteger(count) && count > 0) return count;
  throw usage(`--sample "${value}" is not a whole number above 0.`);
}

function usage(message: string): CliError {
  return new CliError('USAGE', message, {
    exitCode: exitCodes.usage,
    next: ['tenantry targets --help'],
  });
}
