import { expect, test } from 'vitest';
import { completeLockfile, findMissingOptionals } from './lockfile.ts';

const engines = { node: '>=20' };
const lockfile = {
  name: 'root',
  packages: {
    '': { version: '0.1.0' },
    'node_modules/tool': {
      version: '1.0.0',
      license: 'MIT',
      engines,
      optionalDependencies: {
        '@tool/linux-x64-gnu': '1.0.0',
        '@tool/linux-arm-musleabihf': '1.0.0',
        '@tool/darwin-arm64': '1.0.0',
      },
    },
    'node_modules/tool/node_modules/@tool/linux-x64-gnu': { version: '1.0.0' },
  },
};

test('an optional dependency without an entry is missing, wherever it would be installed', () => {
  expect(findMissingOptionals(lockfile).map(({ name }) => name)).toEqual([
    '@tool/linux-arm-musleabihf',
    '@tool/darwin-arm64',
  ]);
});

test('a completed lock file misses nothing, limits each program to its platform and keeps the rest', () => {
  const complete = completeLockfile(lockfile);

  expect(findMissingOptionals(complete)).toEqual([]);
  expect(complete).toMatchObject(lockfile);
  expect(complete.packages).toMatchObject({
    'node_modules/@tool/darwin-arm64': {
      version: '1.0.0',
      os: ['darwin'],
      cpu: ['arm64'],
      engines,
    },
    'node_modules/@tool/linux-arm-musleabihf': { os: ['linux'], cpu: ['arm'], libc: ['musl'] },
  });
});

test('a name that says no platform is not guessed at', () => {
  const packages = { 'node_modules/a': { optionalDependencies: { fsevents: '2.0.0' } } };

  expect(() => completeLockfile({ packages })).toThrow('fsevents does not say which platform');
});
