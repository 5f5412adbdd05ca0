import type { ControlActions, TenantView } from '@tenantry/tenancy';
import { ask, assertAnswerable, type Answers } from '../ask.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { escapeArgument } from '../output/escape-argument.ts';
import { toTenantJson } from '../output/format-tenant.ts';
import { showLifecycle } from '../output/show-lifecycle.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { assertIsolation } from './assert-isolation.ts';
import {
  assertDatabaseFlags,
  findBroughtDatabase,
  toDatabaseFlags,
  withAdminSecret,
  type BroughtDatabase,
} from './customer-database.ts';
import { bringsDatabase, type DatabaseFlags } from './database-questions.ts';
import { listQuestions, type CheckSlug, type GivenTenant } from './create-tenant-questions.ts';
import { parseFields } from './tenant-fields.ts';
import { explainWorkflow } from './workflow-failure.ts';

/** What the flags of `tenant create` say. */
export interface CreateTenantOptions extends DatabaseFlags {
  readonly name?: string | undefined;
  readonly isolation?: string | undefined;
  readonly pool?: string | undefined;
  readonly cluster?: string | undefined;
  readonly domain?: string | undefined;
  readonly plan?: string | undefined;
  readonly field: readonly string[];
  /** False under `--no-migrate`, undefined when nothing was said. */
  readonly migrate?: boolean | undefined;
  /** False under `--no-provision`. */
  readonly provision: boolean;
}

type Request = Omit<ControlActions['create-tenant']['input'], 'actor'>;

const usage = 'tenantry tenant create SLUG --name NAME --isolation schema --yes';

/** Creates a tenant through its workflow, waits for the end and shows it: `tenantry tenant create`. */
export async function createTenant(
  slug: string | undefined,
  options: CreateTenantOptions,
  session: Session,
): Promise<ExitCode> {
  const fields = parseFields(options.field);
  await assertIsolation(options.isolation);
  const { field: _, provision, ...flags } = options;
  assertDatabaseFlags(flags, provision);
  const isolation = flags.isolation ?? (bringsDatabase(flags) ? 'database' : undefined);
  const given: GivenTenant = { ...flags, isolation, slug };
  const questions = listQuestions(given, session.isYes, await loadSlugCheck(session));
  assertAnswerable(questions, session.terminal, usage);
  // A system that does not answer is told before anybody has typed seven answers.
  return session.withPlatform(async (platform) => {
    const answers = await ask(questions, session.terminal, usage);
    if (answers['isConfirmed'] === false) {
      session.say('Nothing was created.');
      return exitCodes.ok;
    }
    const request = toRequest({ ...given, ...answers }, fields);
    if (!provision) return await recordTenant(request, platform, session);
    const brought = await findBroughtDatabase({ ...given, ...answers }, session);
    const again = describeCommand(request, brought);
    const startedAt = performance.now();
    const tenant = await provisionTenant(request, { brought, again, platform, session });
    if (session.isMachine) session.printJson({ tenant: toTenantJson(tenant) });
    else printCreated(tenant, (performance.now() - startedAt) / 1000, session);
    if (Object.keys(answers).length > 0) session.say(`\nSame again without questions:\n  ${again}`);
    return exitCodes.ok;
  });
}

interface Provisioning {
  readonly brought: BroughtDatabase | undefined;
  /** The command that does the same. */
  readonly again: string;
  readonly platform: Platform;
  readonly session: Session;
}

async function provisionTenant(
  request: Request,
  { brought, again, platform, session }: Provisioning,
): Promise<TenantView> {
  const { slug } = request;
  if (brought === undefined) {
    const next = `tenantry tenant show ${slug}`;
    return await runWorkflow(request, { next, platform, session });
  }
  return await withAdminSecret(brought, { slug, platform }, async (database) =>
    runWorkflow({ ...request, database }, { next: again, platform, session }),
  );
}

async function loadSlugCheck(session: Session): Promise<CheckSlug> {
  if (session.terminal.unavailable !== undefined) return () => undefined;
  const { parseTenantSlug, proposeSlug, TenantInputError } = await import('@tenantry/tenancy');
  return (slug) => {
    try {
      parseTenantSlug(slug);
      return undefined;
    } catch (error) {
      if (!(error instanceof TenantInputError)) throw error;
      const proposal = proposeSlug(slug);
      return proposal === undefined ? error.reason : `${error.reason}; try ${proposal}`;
    }
  };
}

function toRequest(given: GivenTenant & Answers, fields: Request['fields']): Request {
  const { slug, name, isolation, pool, cluster, domain, plan, migrate } = given;
  return {
    slug: slug ?? '',
    ...(name ? { name } : {}),
    ...(isolation ? { isolation } : {}),
    ...(pool ? { pool } : {}),
    ...(cluster ? { cluster } : {}),
    ...(domain ? { domain } : {}),
    ...(migrate === undefined ? {} : { migrate }),
    fields: { ...(plan ? { plan } : {}), ...fields },
  };
}

/** Enters the tenant and makes nothing behind it. */
async function recordTenant(
  request: Request,
  platform: Platform,
  session: Session,
): Promise<ExitCode> {
  const { actor } = session.context;
  const { tenant } = await platform.call('record-tenant', { ...request, actor });
  if (session.isMachine) session.printJson({ tenant: toTenantJson(tenant) });
  else session.print(`${tenant.slug} is recorded; nothing was made behind it`);
  session.say(`  do  ${describeCommand(request, undefined)}        makes the rest`);
  return exitCodes.ok;
}

async function runWorkflow(
  request: Request,
  { next, platform, session }: Pick<Provisioning, 'platform' | 'session'> & { next: string },
): Promise<TenantView> {
  const { actor, interrupted } = session.context;
  const { isolation = 'schema' } = request;
  const { slug, executionArn } = await platform.call('create-tenant', { ...request, actor });
  const outcome = await platform.watch(executionArn, {
    signal: interrupted,
    next: `tenantry tenant show ${slug}`,
    ...(await showLifecycle('createTenantSteps', isolation, session)),
  });
  if (outcome.status !== 'SUCCEEDED') {
    throw await explainWorkflow(outcome, { slug, doing: 'create', next }, platform);
  }
  const { tenant } = await platform.call('show-tenant', { reference: slug });
  return tenant;
}

function printCreated(tenant: TenantView, seconds: number, session: Session): void {
  session.print(`tenant      ${tenant.slug} (${tenant.id}), ${tenant.name}`);
  session.print(`database    ${describeDatabase(tenant)}`);
  session.print(`migrations  ${describeMigrations(tenant)}`);
  session.print(`domain      ${tenant.domains.join(', ')}`);
  session.print(`${tenant.slug} is ${tenant.status}, ready in ${seconds.toFixed(1)} s`);
}

/** What holds the tenant's data; schema, role and database of a tenant all have one name. */
function describeDatabase({ isolation, id, pool, database, stack }: TenantView): string {
  if (isolation === 'cache') return 'none, only a cache of its own name space';
  if (pool !== null) return `tables of pool ${pool}, as role t_${id} with its own secret`;
  const { server = null, name } = database ?? {};
  if (server !== null)
    return `${name} at ${server.host}:${server.port}, as role t_${id} with its own secret`;
  if (stack !== null) return `a cluster of its own in stack ${stack}, as role t_${id}`;
  return `${isolation} t_${id}, its own role and secret`;
}

function describeMigrations({ isolation, version }: TenantView): string {
  if (isolation === 'cache') return 'nothing to migrate';
  return version === null ? 'no migration applied' : `at ${version}`;
}

/** The one line that does the same without questions. */
function describeCommand(request: Request, brought: BroughtDatabase | undefined): string {
  const { slug, name, isolation, pool, cluster, domain, migrate, fields } = request;
  const words = [
    ...(brought === undefined ? [] : ['printenv DB_PASSWORD |']),
    'tenantry tenant create',
    escapeArgument(slug),
    ...(name ? ['--name', escapeArgument(name)] : []),
    ...(isolation ? ['--isolation', escapeArgument(isolation)] : []),
    ...(pool ? ['--pool', escapeArgument(pool)] : []),
    ...(cluster ? ['--cluster', escapeArgument(cluster)] : []),
    ...(brought === undefined ? [] : toDatabaseFlags(brought)),
    ...(domain ? ['--domain', escapeArgument(domain)] : []),
    ...Object.entries(fields ?? {}).flatMap(([key, value]) => [
      '--field',
      escapeArgument(`${key}=${String(value)}`),
    ]),
    ...(migrate === false ? ['--no-migrate'] : []),
    '--yes',
  ];
  return words.join(' ');
}
