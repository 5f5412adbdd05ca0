import { configDefaults, defineConfig } from 'vitest/config';
import { findMemoryFolder } from './test/support/find-memory-folder.ts';

const memoryFolder = findMemoryFolder();
if (memoryFolder !== undefined) process.env['TMPDIR'] ??= memoryFolder;

/** Tests that share the machine: light ones first, two at a time; then what starts servers; whole systems last. */
const light = { groupOrder: 0 };
const servers = { groupOrder: 1 };
const systems = { groupOrder: 2 };

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    // A process for each file, with the same modules loaded in each, took longer than most tests. What a file changes outside of itself it
    // restores.
    isolate: false,
    exclude: [...configDefaults.exclude, '**/cdk.out/**', '**/.tenantry/**'],
    reporters: ['default', './scripts/count-reporter.ts'],
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'packages/*/src/**/*.test.ts',
            'functions/**/*.test.ts',
            'scripts/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: [...configDefaults.exclude, '**/*.database.test.ts'],
          testTimeout: 20_000,
          sequence: light,
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['packages/*/src/**/*.test-d.ts', 'functions/**/*.test-d.ts'],
            tsconfig: './tsconfig.json',
            ignoreSourceErrors: true,
            spawnTimeout: 60_000,
          },
          sequence: light,
        },
      },
      {
        extends: true,
        test: {
          name: 'infra',
          include: ['test/infra/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: light,
        },
      },
      {
        extends: true,
        test: {
          name: 'database',
          include: [
            'packages/*/src/**/*.database.test.ts',
            'functions/**/*.database.test.ts',
            'test/contract/**/*.database.test.ts',
          ],
          globalSetup: ['test/support/share-servers.ts'],
          // Some wait for time limits of PostgreSQL and the Data API.
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: servers,
        },
      },
      {
        extends: true,
        test: {
          name: 'flows',
          include: ['test/flows/**/*.test.ts'],
          globalSetup: ['test/support/share-assembly.ts', 'test/support/share-servers.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: systems,
        },
      },
      {
        extends: true,
        test: {
          name: 'isolation',
          include: ['test/isolation/**/*.test.ts'],
          globalSetup: ['test/support/share-assembly.ts', 'test/support/share-servers.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: systems,
        },
      },
    ],
  },
});
