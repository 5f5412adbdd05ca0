import type { CreateAdmin } from '@tenantry/migrations';
import { runAsTenant, TenancyError } from '@tenantry/tenancy';
import { ask, assertAnswerable, type Question } from '../ask.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { loadConfig, type LoadedConfig } from '../load-config.ts';
import { readPassword } from '../read-password.ts';
import type { Session } from '../session.ts';
import { toCliError } from '../system/control-failure.ts';
import { loadDefaultExport } from '../tasks/load-default-export.ts';
import { createTenantOpener } from '../tasks/open-tenant.ts';
import { withSuggestion } from './get-tenant.ts';

/** What the flags of `admin create` say. */
export interface CreateAdminOptions {
  readonly name?: string | undefined;
  readonly email?: string | undefined;
  /** Read the password from standard input. */
  readonly passwordStdin?: true | undefined;
}

interface NamedAdmin {
  readonly name: string;
  readonly password: string;
}

/** Makes a tenant's administrator by the project's own hook, logged in as the tenant: `tenantry admin create`. */
export async function createAdmin(
  reference: string,
  options: CreateAdminOptions,
  session: Session,
): Promise<ExitCode> {
  const usage = `printenv PASSWORD | tenantry admin create ${reference} --name NAME --password-stdin`;
  const questions = listQuestions(options);
  assertAnswerable(questions, session.terminal, usage);
  const { cwd } = session.context;
  const hook = await loadHook(await loadConfig(cwd));
  const given = await readGiven(options, session, usage);
  return session.withPlatform(async (platform) => {
    const named = {
      references: [reference],
      retry: (slug: string) => `tenantry admin create ${slug}`,
    };
    const found = await withSuggestion(named, platform, () =>
      platform.call('show-route', { reference }),
    );
    const answers = await ask(questions, session.terminal, usage);
    const admin = { ...given, ...answers } as NamedAdmin;
    const opener = await createTenantOpener(platform.place, cwd);
    const { tenant } = found.route;
    const { db } = opener.open(found);
    try {
      await runAsTenant(tenant, async () => await hook({ db, tenant, ...admin }));
    } catch (error) {
      throw error instanceof TenancyError ? toCliError(error) : error;
    } finally {
      await opener.close();
    }
    if (session.isMachine) session.printJson({ tenant: tenant.slug, name: admin.name });
    else session.print(`${admin.name} is an administrator of ${tenant.slug}`);
    return exitCodes.ok;
  });
}

function listQuestions({ name, email, passwordStdin }: CreateAdminOptions): Question[] {
  const open: Question[] = [];
  if (name === undefined && email === undefined) {
    const flag = '--name NAME';
    open.push({ kind: 'text', name: 'name', flag, message: 'User name', isRequired: true });
  }
  if (passwordStdin !== true) {
    const flag = '--password-stdin';
    open.push({ kind: 'password', name: 'password', flag, message: 'Password', isRequired: true });
  }
  return open;
}

async function readGiven(
  { name, email, passwordStdin }: CreateAdminOptions,
  { context }: Session,
  usage: string,
): Promise<Partial<NamedAdmin>> {
  const given = name ?? email;
  const known = given === undefined ? {} : { name: given };
  if (passwordStdin !== true) return known;
  return { ...known, password: await readPassword(context.stdin, usage) };
}

async function loadHook({ root, config }: LoadedConfig): Promise<CreateAdmin> {
  if (config.onCreateAdmin === undefined) {
    throw new CliError('CONFIG_INVALID', 'The project does not say how an administrator is made.', {
      exitCode: exitCodes.failed,
      where: `${root}/tenantry.config.ts`,
      next: ["defineConfig({ ..., onCreateAdmin: 'path/to/module.ts' })"],
    });
  }
  return await loadDefaultExport<CreateAdmin>({
    file: config.onCreateAdmin,
    cwd: root,
    example: 'export default async ({ db, tenant, name, password }) => { ... }',
  });
}
