import { RootConstruct } from 'constructs';
import { expect, test } from 'vitest';
import { parseSettings } from '../../infra/settings.ts';
import { withDomain } from './synthesize-platform.ts';

function parse(context: Record<string, unknown>) {
  const { node } = new RootConstruct();
  for (const [key, value] of Object.entries(context)) node.setContext(key, value);
  return parseSettings(node);
}

test('without context the stage is dev and there is no domain', () => {
  expect(parse({})).toEqual({ stage: 'dev', maxCapacity: 8 });
});

test('context from the command line is text', () => {
  expect(parse({ stage: 'prod', maxCapacity: '32', ...withDomain })).toEqual({
    stage: 'prod',
    maxCapacity: 32,
    ...withDomain,
  });
});

const alarmTopicArn = 'arn:aws:sns:eu-west-1:123456789012:pager';
const eu = {
  id: 'eu',
  arn: 'arn:aws:rds:eu-west-1:123456789012:cluster:eu',
  adminSecretArn: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:rds!cluster-eu-AbCdEf',
};

test.each([{ clusters: [eu] }, { clusters: JSON.stringify([eu]) }])(
  'further clusters are a list, from cdk.json or as text: %o',
  (context) => {
    expect(parse(context).clusters).toEqual([eu]);
  },
);

test.each([
  ['eu', 'the list'],
  [[{ ...eu, id: 'main' }], '0.id'],
  [[{ ...eu, arn: 'arn:aws:rds:eu-west-1:123456789012:cluster:*' }], '0.arn'],
  [[{ ...eu, adminSecretArn: 'arn:aws:secretsmanager:*' }], '0.adminSecretArn'],
  [[{ ...eu, size: 'large' }], '0.size'],
  [[eu, { ...eu, id: 'us' }], 'each arn'],
  [[eu, { ...eu, arn: 'arn:aws:rds:eu-west-1:123456789012:cluster:us' }], 'each id'],
])('clusters %o are refused, naming %s', (clusters, place) => {
  expect(() => parse({ clusters })).toThrow(place);
});

test.each([
  [{ stage: 'Prod' }, 'stage'],
  [{ stage: 'a-name-that-is-too-long' }, 'stage'],
  [{ stage: 'dev-t' }, 'stage'],
  [{ stage: 'dev-t-prod' }, 'stage'],
  [{ maxCapacity: '0.5' }, 'maxCapacity'],
  [{ maxCapacity: 'many' }, 'maxCapacity'],
  [{ ...withDomain, domain: 'https://app.example.com' }, 'domain'],
  [{ ...withDomain, domain: '*.example.com' }, 'domain'],
  [{ ...withDomain, certificateArn: 'certificate' }, 'certificateArn'],
  [{ domain: 'app.example.com' }, 'certificateArn'],
  [{ certificateArn: withDomain.certificateArn }, 'domain'],
  [{ alarmTopicArn: 'pager' }, 'alarmTopicArn'],
  [{ alarmTopicArn: 'arn:aws:sqs:eu-west-1:123456789012:pager' }, 'alarmTopicArn'],
  [{ alarmTopicArn: `${alarmTopicArn}.fifo` }, 'alarmTopicArn'],
])('%o is refused, naming %s', (context, key) => {
  expect(() => parse(context)).toThrow(key);
});

test.each(['dev-two', 'left', 't', 't-dev'])(
  'the stage %s is none of those that begin as the resources of dedicated tenants do',
  (stage) => {
    expect(parse({ stage }).stage).toBe(stage);
  },
);

test('alarms may have a topic', () => {
  expect(parse({ alarmTopicArn }).alarmTopicArn).toBe(alarmTopicArn);
});

test('localhost is a domain', () => {
  expect(parse({ ...withDomain, domain: 'localhost' }).domain).toBe('localhost');
});
