import type { UpdateState } from './update-applications.ts';

const shown = 5;

/** One text that a failed deploy ends with: which dedicated tenants' applications are not at its build, and CloudFormation's reasons. */
export function describeFailedUpdates({ open, failed }: UpdateState): string {
  const reasons = failed.slice(0, shown).map(({ slug, reason }) => `${slug}: ${reason}`);
  const more = failed.length > shown ? [`and ${failed.length - shown} more`] : [];
  const late = open.length === 0 ? [] : [`not done in time, and going on: ${listNames(open)}`];
  return `the applications of these dedicated tenants are not at this build: ${[...reasons, ...more, ...late].join('; ')}`;
}

function listNames(slugs: readonly string[]): string {
  const names = slugs.slice(0, shown).join(', ');
  return slugs.length > shown ? `${names} and ${slugs.length - shown} more` : names;
}
