import type { IsolationCell } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { countOf } from '../output/count-of.ts';
import { printList } from '../output/print-list.ts';
import type { GlobalOptions, Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import {
  checkedIsolations,
  isolationsWithTables,
  listPlaces,
  nameOf,
  type CheckedPlace,
} from './checked-places.ts';
import {
  deletePair,
  deleteSynthetic,
  listSynthetic,
  openSyntheticPair,
} from './synthetic-tenants.ts';

/** What the flags of `isolation check` say. */
export interface CheckIsolationOptions extends GlobalOptions {
  /** Isolation types. @default - all that share something */
  readonly isolation?: readonly string[] | undefined;
  /** Name of the one cluster to check. @default - all that take tenants */
  readonly cluster?: string | undefined;
}

/** An attack's end, and between whom it was tried. */
interface CheckedCell extends IsolationCell {
  readonly isolation: string;
  /** Null where there is only one cluster, or none is needed. */
  readonly cluster: string | null;
  /** `a` attacks `b`, or the other way round. */
  readonly direction: 'a→b' | 'b→a';
}

const head = ['isolation', 'direction', 'wall', 'attack', 'outcome', 'held'];

/**
 * Proves the walls of the running system: makes two synthetic tenants of each isolation on each cluster, tries with each one's login
 * everything against the other that changes nothing, deletes them, and reports: `tenantry isolation check`. 1 when a wall did not hold.
 */
export async function checkIsolation(
  options: CheckIsolationOptions,
  session: Session,
): Promise<ExitCode> {
  const isolations = parseIsolations(options);
  return session.withPlatform(async (platform) => {
    const cells: CheckedCell[] = [];
    await removeLeftovers(platform, session);
    for (const place of await listPlaces(isolations, { cluster: options.cluster, platform })) {
      const name = nameOf(place);
      if (place.pool === null) {
        session.say(`${name}: not checked, no tenants share tables there yet`);
        continue;
      }
      session.say(`${platform.stage} · ${platform.region} · ${name}: two synthetic tenants`);
      cells.push(...(await checkPair(place, { options, platform, session })));
    }
    report(cells, platform, session);
    return cells.every(({ hasHeld }) => hasHeld) ? exitCodes.ok : exitCodes.failed;
  });
}

function parseIsolations({ isolation, cluster }: CheckIsolationOptions): readonly string[] {
  const checked = cluster === undefined ? checkedIsolations : isolationsWithTables;
  const wrong = isolation?.find((it) => !checked.includes(it));
  if (wrong === undefined) return [...new Set(isolation ?? checked)];
  const where = cluster === undefined ? '' : ' on a cluster';
  throw new CliError(
    'USAGE',
    `--isolation "${wrong}" is not one of ${checked.join(', ')}${where}.`,
    {
      exitCode: exitCodes.usage,
      next: [`tenantry isolation check --isolation ${checked.join(',')}`],
    },
  );
}

interface CheckContext {
  readonly options: CheckIsolationOptions;
  readonly platform: Platform;
  readonly session: Session;
}

async function checkPair(
  place: CheckedPlace,
  { options, platform, session }: CheckContext,
): Promise<CheckedCell[]> {
  const { actor, interrupted: signal } = session.context;
  const pair = openSyntheticPair(place, { platform, actor, signal });
  try {
    const [a, b] = await pair.made();
    const [hostOfA = '', hostOfB = ''] = [a.domains[0], b.domains[0]];
    const where = { isolation: place.isolation, cluster: place.cluster ?? null };
    return [
      ...(await attack(platform, { ...where, direction: 'a→b' }, [hostOfA, hostOfB])),
      ...(await attack(platform, { ...where, direction: 'b→a' }, [hostOfB, hostOfA])),
    ];
  } finally {
    await withoutInterruption(options, session, async (calm) => {
      const never = new AbortController().signal;
      await deletePair(pair, { platform: calm, actor, signal: never });
    });
  }
}

async function attack(
  platform: Platform,
  about: Pick<CheckedCell, 'isolation' | 'cluster' | 'direction'>,
  [attacker, victim]: readonly [string, string],
): Promise<CheckedCell[]> {
  const { cells } = await platform.call('check-isolation', { attacker, victim });
  return cells.map((cell) => ({ ...about, ...cell }));
}

async function removeLeftovers(platform: Platform, session: Session): Promise<void> {
  const slugs = await listSynthetic(platform);
  if (slugs.length === 0) return;
  session.say(`removing what an earlier check left: ${slugs.join(', ')}`);
  const { actor, interrupted: signal } = session.context;
  await deleteSynthetic(slugs, { platform, actor, signal });
}

/** The system by a connection that Ctrl-C does not end, so that nothing synthetic is left. */
async function withoutInterruption(
  { data, stage, region }: CheckIsolationOptions,
  { context }: Session,
  fn: (platform: Platform) => Promise<void>,
): Promise<void> {
  const platform = await context.connect({
    cwd: context.cwd,
    env: context.env,
    signal: new AbortController().signal,
    ...(data === undefined ? {} : { data }),
    ...(stage === undefined ? {} : { stage }),
    ...(region === undefined ? {} : { region }),
  });
  try {
    await fn(platform);
  } finally {
    platform.close();
  }
}

function report(cells: readonly CheckedCell[], platform: Platform, session: Session): void {
  const open = cells.filter(({ hasHeld }) => !hasHeld);
  const shown = session.format === 'table' ? summarize(cells) : cells;
  const count = `${countOf(cells.length, 'attack')}, ${open.length} got through`;
  printList(
    {
      name: 'attacks',
      items: shown,
      head,
      row: ({ direction, kind, name, outcome, hasHeld, ...place }) => [
        nameOf(place),
        direction,
        kind,
        name,
        outcome,
        hasHeld ? '✓' : '✕',
      ],
      facts: { gotThrough: open.length },
      title: `${platform.stage} · ${platform.region} · ${count}`,
      footer:
        open.length === 0
          ? 'Every wall held. Both tenants of each pair are deleted.'
          : 'A wall did not hold:  tenantry doctor --now',
    },
    session,
  );
}

/** One line for all attacks on one wall that ended alike, and each one that got through. */
function summarize(cells: readonly CheckedCell[]): CheckedCell[] {
  const groups = Map.groupBy(
    cells,
    ({ direction, kind, name, hasHeld, ...place }) =>
      `${nameOf(place)} ${direction} ${kind} ${hasHeld ? '' : name}`,
  );
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || !first.hasHeld) return group;
    const outcome = [...new Set(group.map((cell) => cell.outcome))].toSorted().join(', ');
    return [{ ...first, name: countOf(group.length, 'attack'), outcome }];
  });
}
