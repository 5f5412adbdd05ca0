import { expect, test } from 'vitest';
import { toLogLines } from '../../functions/audit/to-log-lines.ts';
import { listOf, textOf, type PlatformTemplate } from './platform-template.ts';
import { synthesizePlatform } from './synthesize-platform.ts';

const platform = synthesizePlatform();

test.each([
  ['audit', '30', { action: 'run-audit', input: { actor: 'schedule' } }],
  [
    'repair',
    '50',
    { action: 'repair-findings', input: { actor: 'schedule', codes: ['ROLE_SETTING'] } },
  ],
])('the function %s runs every night, and only its schedule may call it', (name, minute, event) => {
  const id = platform.functions().get(name)?.id;
  const rule = platform.getOne('AWS::Events::Rule', {
    ScheduleExpression: `cron(${minute} 2 * * ? *)`,
  });
  const [target] = listOf(rule.Properties['Targets']);
  expect(target?.['Arn']?.['Fn::GetAtt']?.['0']).toBe(id);
  expect(JSON.parse(textOf(target?.['Input'] ?? {}))).toEqual(event);
  const permissions = platform
    .ofType('AWS::Lambda::Permission')
    .filter(
      ({ Properties }) => (Properties['FunctionName']?.['Fn::GetAtt']?.['0'] as unknown) === id,
    );
  expect(permissions.map(({ Properties }) => textOf(Properties['Principal'] ?? {}))).toEqual([
    'events.amazonaws.com',
  ]);
  expect(permissions[0]?.Properties['SourceArn']?.['Fn::GetAtt']?.['0']).toBe(rule.id);
});

test.each([
  ['audit-findings', { Namespace: 'Tenantry', MetricName: 'Findings' }],
  ['audit-failed', { Namespace: 'AWS/Lambda', MetricName: 'Errors' }],
])(
  'the alarm %s goes off at the first one of a day, and is quiet where nobody looked',
  (name, metric) => {
    const { Properties } = platform.getOne('AWS::CloudWatch::Alarm', {
      AlarmName: `tenantry-dev-${name}`,
    });
    expect(Properties).toMatchObject({
      ...metric,
      Threshold: 1,
      EvaluationPeriods: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      Period: 86_400,
      TreatMissingData: 'notBreaching',
    });
  },
);

test('all alarms tell the topic of the deployment, and nobody where it has none', () => {
  const alarmTopicArn = 'arn:aws:sns:eu-west-1:123456789012:pager';
  const actionsOf = (deployment: PlatformTemplate) =>
    deployment
      .ofType('AWS::CloudWatch::Alarm')
      .map(({ Properties }) => Properties['AlarmActions'] as unknown);
  expect(actionsOf(synthesizePlatform({ alarmTopicArn }))).toEqual([
    [alarmTopicArn],
    [alarmTopicArn],
  ]);
  expect(actionsOf(platform)).toEqual([undefined, undefined]);
});

test('the alarm on findings reads the metric that the audit of this deployment writes', () => {
  const report = { startedAt: '', endedAt: '', actor: '', databases: 0, tenants: 0, more: 0 };
  const [line = '{}'] = toLogLines({ ...report, findings: [] }, 'dev');
  const written = JSON.parse(line) as Record<string, unknown>;
  const metric = (written['_aws'] as Metrics).CloudWatchMetrics[0];
  const { Properties } = platform.getOne('AWS::CloudWatch::Alarm', { MetricName: 'Findings' });
  expect([Properties['Namespace'], Properties['Dimensions']]).toEqual([
    metric?.Namespace,
    metric?.Dimensions[0]?.map((key) => ({ Name: key, Value: written[key] })),
  ]);
});

interface Metrics {
  readonly CloudWatchMetrics: readonly {
    readonly Namespace: string;
    readonly Dimensions: readonly (readonly string[])[];
  }[];
}
