import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Platform } from '../system/platform.ts';

/**
 * The id that a person means by `polls/0002_votes`, `polls/0002` or `0002`. A whole id comes back as it is; a short one that no
 * migration has too, so that the system can say what there is instead. Throws `CliError` USAGE when several modules have it.
 */
export async function findMigration(name: string, platform: Platform): Promise<string> {
  if (/^[^/]+\/\d+_/.test(name)) return name;
  const { migrations } = await platform.call('migrate-status', { references: [] });
  const matches = migrations.filter((id) => isMeant(name, id));
  if (matches.length > 1) {
    throw new CliError('USAGE', `"${name}" could be ${matches.join(' or ')}.`, {
      exitCode: exitCodes.usage,
      next: matches,
    });
  }
  return matches[0] ?? name;
}

function isMeant(name: string, id: string): boolean {
  const file = id.slice(id.indexOf('/') + 1);
  return [id, file].some((word) => word === name || word.startsWith(`${name}_`));
}
