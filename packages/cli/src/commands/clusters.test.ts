import type { ClusterView } from '@tenantry/tenancy';
import { expect, test } from 'vitest';
import { refuse, runAgainst } from '../testing/fake-system.ts';

const arn = 'arn:aws:rds:eu-west-1:123456789012:cluster:eu';
const secret = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:eu';

function clusterView(differences: Partial<ClusterView> = {}): ClusterView {
  return {
    id: 'eu',
    arn,
    database: 'tenantry',
    status: 'active',
    tenants: 500,
    capacity: 2000,
    concurrency: null,
    stack: null,
    addedAt: '2026-11-21T08:11:00.000Z',
    ...differences,
  };
}

const answers = {
  'add-cluster': () => ({ cluster: clusterView() }),
  'set-cluster': () => ({ cluster: clusterView({ status: 'closed' }) }),
  'list-clusters': () => ({ clusters: [clusterView({ id: 'main' }), clusterView()] }),
};

test('cluster add asks the system to prepare exactly what was named', async () => {
  const { calls, stdout, exitCode } = await runAgainst(
    { answers },
    `cluster add eu --arn ${arn} --admin-secret ${secret} --database app --capacity 2000`,
  );
  expect([exitCode, stdout]).toEqual([0, 'eu is active and has 500 of 2000 tenants; prepared\n']);
  const asked = { cluster: 'eu', arn, adminSecretArn: secret, database: 'app', capacity: 2000 };
  expect(calls).toEqual([
    { action: 'add-cluster', input: { ...asked, actor: 'operator@example.com' } },
  ]);
});

test('a cluster that the deployment may not work on is refused with what belongs into its context', async () => {
  const error = {
    code: 'CLUSTER_NOT_DECLARED',
    message: 'The deployment may not.',
    next: 'add it',
  };
  const { stderr, exitCode } = await runAgainst(
    { answers: { 'add-cluster': refuse(error as never) } },
    `cluster add eu --arn ${arn} --admin-secret ${secret}`,
  );
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('add it')]);
});

test('cluster list shows tenants, capacity and share of each cluster', async () => {
  const { stdout } = await runAgainst({ answers }, 'cluster list');
  expect(stdout).toMatch(/^local · us-east-1 · 2 clusters\n\nCLUSTER +STATUS +TENANTS/);
  expect(stdout).toMatch(/eu +active +500 +2000 +25 % +tenantry/);
  const own = clusterView({ id: 'aaaaaaaaaaaaaaaaaaaa', tenants: 1, capacity: 1, stack: 'acme-s' });
  const dedicated = { 'list-clusters': () => ({ clusters: [own] }) };
  const listed = await runAgainst({ answers: dedicated }, 'cluster list');
  expect(listed.stdout).toMatch(/a{20} +active +1 +1 +100 % +tenantry +arn:\S+ +acme-s/);
  const { stdout: json } = await runAgainst({ answers }, 'cluster list --json');
  expect(JSON.parse(json)).toEqual({ v: 1, clusters: answers['list-clusters']().clusters });
});

test('cluster set changes what was said, and wants something to be said', async () => {
  const { calls, stdout } = await runAgainst({ answers }, 'cluster set eu --status closed');
  expect(stdout).toBe('eu is closed and has 500 of 2000 tenants\n');
  expect(calls[0]?.input).toEqual({
    cluster: 'eu',
    status: 'closed',
    actor: 'operator@example.com',
  });
  const silent = await runAgainst({ answers }, 'cluster set eu');
  expect([silent.exitCode, silent.calls]).toEqual([2, []]);
  const wrong = await runAgainst({ answers }, 'cluster set eu --capacity many');
  expect([wrong.exitCode, wrong.stderr]).toEqual([2, expect.stringContaining('--capacity')]);
});

test('tenant create --cluster names the place', async () => {
  const { calls } = await runAgainst(
    { tenants: [] },
    'tenant create acme --name ACME --cluster eu --yes',
  );
  expect(calls[0]).toMatchObject({ action: 'create-tenant', input: { cluster: 'eu' } });
});
