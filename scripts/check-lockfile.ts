import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { completeLockfile, findMissingOptionals, type Lockfile } from './lockfile.ts';

const path = join(import.meta.dirname, '../package-lock.json');
const lockfile = JSON.parse(readFileSync(path, 'utf8')) as Lockfile;
const missing = findMissingOptionals(lockfile);
if (missing.length > 0 && process.argv.includes('--fix')) {
  writeFileSync(path, `${JSON.stringify(completeLockfile(lockfile), null, 2)}\n`);
  console.log(`lock file: ${missing.length} entries added`);
} else if (missing.length > 0) {
  for (const { name } of missing) console.error(`package-lock.json has no entry for ${name}`);
  console.error('npm ci would refuse it; run: node scripts/check-lockfile.ts --fix');
  process.exitCode = 1;
} else {
  console.log('lock file: complete for all platforms');
}
