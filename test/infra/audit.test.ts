import { expect, test } from 'vitest';
import { listOf, textOf } from './platform-template.ts';
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
