import type { Script } from '@tenantry/database';
import {
  hasTables,
  runAsTenant,
  TenantHasNoTablesError,
  type TablesRoute,
} from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import type { Platform } from '../system/platform.ts';
import { createTenantOpener, type FoundRoute } from './open-tenant.ts';
import { runProgram, tenantEnvironment } from './run-program.ts';

/** What is done in one tenant, by slug; `close` gives back what all of them shared. */
export interface TaskWork {
  readonly run: (slug: string) => Promise<void>;
  close(): Promise<void>;
}

/** Where a task runs, and who hears its lines. */
export interface TaskPlace {
  readonly platform: Platform;
  readonly session: Session;
  readonly onLine: (slug: string, line: string) => void;
  /** Whether it runs in one tenant, so that what is typed can be meant for it. */
  readonly isOnly: boolean;
}

/** A script's work: with the tenant as the current one, over the Data API, logged in as the tenant. */
export async function scriptWork(
  script: Script<never, never>,
  place: TaskPlace & { readonly dryRun: boolean },
): Promise<TaskWork> {
  const { platform, session, onLine, dryRun } = place;
  const opener = await createTenantOpener(platform.place, session.context.cwd);
  return {
    run: async (slug) => {
      const found = await getRoute(slug, platform);
      const { tenant } = found.route;
      const log = (text: string): void => {
        for (const line of text.split('\n')) onLine(slug, line);
      };
      const handles = opener.open(found);
      await runAsTenant(tenant, async () => await script({ ...handles, tenant, log, dryRun }));
    },
    close: async () => await opener.close(),
  };
}

/**
 * A program's work: it gets the tenant's own connection in its environment. Throws `CliError` NO_DIRECT_CONNECTION where only the Data
 * API leads to the database.
 */
export async function programWork(
  words: readonly string[],
  { platform, session, onLine, isOnly }: TaskPlace,
): Promise<TaskWork> {
  const { postgres, place } = platform;
  if (postgres === undefined) throw noDirectConnection(`stage ${platform.stage}`);
  const { createDataApiClient, createSecretsClient, findServerAddress, readCredentials } =
    await import('@tenantry/database');
  const [secrets, dataApi] = [createSecretsClient(place), createDataApiClient(place)];
  const findServer = async (route: TablesRoute, home: FoundRoute['home']) => {
    if (route.server !== undefined) return route.server;
    if (route.clusterArn === home.clusterArn) return postgres;
    const { clusterArn: resourceArn, secretArn, database } = route;
    return await findServerAddress({ client: dataApi, secretArn, resourceArn, database });
  };
  const { cwd, env, interrupted: signal } = session.context;
  return {
    run: async (slug) => {
      const { route, home } = await getRoute(slug, platform);
      const server = await findServer(route, home);
      if (server === undefined) throw noDirectConnection(`cluster ${route.clusterArn}`);
      const login = await readCredentials(secrets, route.secretArn);
      await runProgram(words, tenantEnvironment({ route, login, postgres: server }), {
        cwd,
        env,
        signal,
        readsInput: isOnly,
        onLine: (line) => onLine(slug, line),
      });
    },
    close: async () => {
      secrets.destroy();
      dataApi.destroy();
    },
  };
}

async function getRoute(
  reference: string,
  platform: Platform,
): Promise<FoundRoute & { readonly route: TablesRoute }> {
  const { route, home } = await platform.call('show-route', { reference });
  if (!hasTables(route)) throw new TenantHasNoTablesError(route.tenant.id);
  return { route, home };
}

function noDirectConnection(place: string): CliError {
  return new CliError(
    'NO_DIRECT_CONNECTION',
    `PostgreSQL of ${place} can be reached through the Data API only.`,
    {
      exitCode: exitCodes.failed,
      next: ['tenantry run FILE.ts ...        a script works over the Data API'],
    },
  );
}
