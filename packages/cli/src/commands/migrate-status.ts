import type { ControlActions, TargetSelector, TenantVersionView } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { countOf } from '../output/count-of.ts';
import { printList } from '../output/print-list.ts';
import type { VerifyFlag } from '../selector-flags.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { findTargets } from './find-targets.ts';
import { verifyVersions } from './verify-versions.ts';

/** What the flags of `migrate status` say. */
export interface MigrateStatusOptions extends VerifyFlag {
  /** End with 3 when a tenant is behind. */
  readonly exitCode?: true | undefined;
  /** Show for each migration which tenants have it, as their ledgers say. */
  readonly matrix?: true | undefined;
}

type Status = ControlActions['migrate-status']['result'];

const head = ['slug', 'status', 'version', 'is current'];

/** Most tenants that one call may name. */
const namesAtOnce = 1000;

/** Shows which tenant stands at which migration, for those selected or for all: `tenantry migrate status`. */
export async function migrateStatus(
  selector: TargetSelector | undefined,
  options: MigrateStatusOptions,
  session: Session,
): Promise<ExitCode> {
  return session.withPlatform(async (platform) => {
    const status = await readStatus(selector, options, { platform, session });
    const isOne = selector !== undefined && status.tenants.length === 1;
    if (options.matrix === true || (isOne && session.format === 'table'))
      await printMatrix(status, platform, session);
    else print(status, platform, session);
    const isBehind = status.tenants.some((tenant) => !tenant.isCurrent);
    return options.exitCode === true && isBehind ? exitCodes.difference : exitCodes.ok;
  });
}

async function readStatus(
  selector: TargetSelector | undefined,
  { verify }: VerifyFlag,
  at: { readonly platform: Platform; readonly session: Session },
): Promise<Status> {
  const { platform } = at;
  if (selector === undefined) {
    if (verify === true) await verifyVersions({ all: true }, at);
    return await platform.call('migrate-status', {});
  }
  const query = { selector, verify, command: 'tenantry migrate status' };
  const { targets } = await findTargets(query, at);
  const references = targets.flatMap(({ tenantId }) => (tenantId === null ? [] : [tenantId]));
  return await readSome(references, platform);
}

async function readSome(references: readonly string[], platform: Platform): Promise<Status> {
  const first = await platform.call('migrate-status', {
    references: references.slice(0, namesAtOnce),
  });
  const rest = references.slice(namesAtOnce);
  if (rest.length === 0) return first;
  const { tenants } = await readSome(rest, platform);
  return { ...first, tenants: [...first.tenants, ...tenants] };
}

function print({ migrations, tenants }: Status, platform: Platform, session: Session): void {
  const behind = tenants.filter((tenant) => !tenant.isCurrent).length;
  const place = `${platform.stage} · ${platform.region}`;
  printList(
    {
      name: 'tenants',
      items: tenants,
      head,
      row: toRow,
      facts: { migrations },
      title: `${place} · ${countOf(tenants.length, 'tenant')}, ${behind} behind\n\nmigrations  ${migrations.join(', ') || 'none'}`,
    },
    session,
  );
}

function toRow(tenant: TenantVersionView): string[] {
  const { slug, status, isolation, pool, version, isCurrent } = tenant;
  if (isolation === 'cache') return [slug, status, '–', 'has no tables'];
  const shared = pool === null ? '' : ` (pool ${pool})`;
  return [slug, status, `${version ?? '–'}${shared}`, isCurrent ? 'yes' : 'behind'];
}

async function printMatrix(
  { migrations, tenants }: Status,
  platform: Platform,
  session: Session,
): Promise<void> {
  const slugs = tenants.map(({ slug }) => slug);
  const applied = new Map<string, ReadonlySet<string>>();
  for (const { slug, isolation } of tenants) {
    if (isolation === 'cache') continue;
    const { history } = await platform.call('show-history', { reference: slug });
    applied.set(slug, new Set(history.ledger.map(({ id }) => id)));
  }
  const unknown = [...applied.values()].flatMap((ids) => [...ids]);
  const rows = [...new Set([...migrations, ...unknown])].map((migration) => ({
    migration,
    applied: slugs.filter((slug) => applied.get(slug)?.has(migration)),
  }));
  printList(
    {
      name: 'migrations',
      items: rows,
      head: ['migration', ...slugs],
      row: (row) => [
        row.migration,
        ...tenants.map(({ slug, isolation }) => {
          if (isolation === 'cache') return 'has no tables';
          return row.applied.includes(slug) ? '✓ applied' : '– pending';
        }),
      ],
      facts: { tenants },
      title: `${platform.stage} · ${platform.region} · ${countOf(tenants.length, 'tenant')}`,
    },
    session,
  );
}
