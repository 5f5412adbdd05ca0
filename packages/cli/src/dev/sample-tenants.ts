import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { runNode, type RunNodeOptions } from './run-node.ts';

/** The tenants of a first start, with seeds. */
const sampleTenants = [
  { slug: 'thor', name: 'Thor' },
  { slug: 'potter', name: 'Potter' },
] as const;

const main = join(import.meta.dirname, '../main.ts');

/** Whether the data folder had its samples before; a sample that was deleted since does not come back. */
export function hasSamples(dataDir: string): boolean {
  return existsSync(markerOf(dataDir));
}

/**
 * Creates the sample tenants at the same time, by the command line that anybody would type, and notes in the data folder that it did.
 * A start that was killed in between is taken up again. `onCreated` hears of each one. Throws `CliError` WORKFLOW_FAILED.
 *
 * Each runs in a process of its own: the AWS clients would stay in the memory of the one that runs the system.
 */
export async function createSampleTenants(
  dataDir: string,
  options: RunNodeOptions,
  onCreated: (slug: string) => void,
): Promise<void> {
  await Promise.all(
    sampleTenants.map(async (tenant) => {
      await createSample(tenant, dataDir, options);
      onCreated(tenant.slug);
    }),
  );
  writeFileSync(markerOf(dataDir), `${JSON.stringify({ v: 1, tenants: sampleTenants })}\n`);
}

function markerOf(dataDir: string): string {
  return join(dataDir, 'sample-tenants.json');
}

async function createSample(
  { slug, name }: (typeof sampleTenants)[number],
  dataDir: string,
  options: RunNodeOptions,
): Promise<void> {
  const command = ['tenant', 'create', slug, '--name', name, '--field', 'sample=true'];
  const { status, stderr } = await runNode(
    [main, ...command, '--data', dataDir, '--yes', '--json'],
    options,
  );
  if (status === exitCodes.ok || codeOf(stderr) === 'TENANT_EXISTS') return;
  if (options.signal.aborted) {
    throw new CliError('INTERRUPTED', 'Interrupted while the sample tenants were created.', {
      exitCode: exitCodes.interrupted,
    });
  }
  throw new CliError('WORKFLOW_FAILED', `The sample tenant "${slug}" could not be created.`, {
    exitCode: exitCodes.failed,
    why: stderr,
    next: ['tenantry dev', 'tenantry dev --no-sample'],
  });
}

function codeOf(stderr: string): string | undefined {
  try {
    const { error } = JSON.parse(stderr) as { error?: { code?: string } };
    return error?.code;
  } catch {
    // A process that was killed or crashed writes no JSON.
    return undefined;
  }
}
