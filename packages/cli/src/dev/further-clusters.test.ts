import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { declareClusters, listFurtherClusters } from './further-clusters.ts';

function makeDataDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tenantry-clusters-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

test('a cluster whose data is in the folder is started again without being named', () => {
  const dataDir = makeDataDir();
  expect(listFurtherClusters(dataDir, [])).toEqual([]);
  mkdirSync(join(dataDir, 'clusters/us'), { recursive: true });
  expect(listFurtherClusters(dataDir, ['eu', 'us'])).toEqual(['eu', 'us']);
});

test.each(['EU', 'a_b', '../x', '-x', ''])('%o is no name for a cluster', (name) => {
  expect(() => listFurtherClusters(makeDataDir(), [name])).toThrow(
    expect.objectContaining({ code: 'USAGE' }),
  );
});

test('what is declared has the ARN under which the local system knows the cluster', () => {
  expect(declareClusters(['eu'])).toMatchObject([
    { id: 'eu', arn: 'arn:aws:rds:us-east-1:000000000000:cluster:eu' },
  ]);
});
