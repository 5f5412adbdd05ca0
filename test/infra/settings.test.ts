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

test.each([
  [{ stage: 'Prod' }, 'stage'],
  [{ stage: 'a-name-that-is-too-long' }, 'stage'],
  [{ maxCapacity: '0.5' }, 'maxCapacity'],
  [{ maxCapacity: 'many' }, 'maxCapacity'],
  [{ ...withDomain, domain: 'https://app.example.com' }, 'domain'],
  [{ ...withDomain, domain: '*.example.com' }, 'domain'],
  [{ ...withDomain, certificateArn: 'certificate' }, 'certificateArn'],
  [{ domain: 'app.example.com' }, 'certificateArn'],
  [{ certificateArn: withDomain.certificateArn }, 'domain'],
])('%o is refused, naming %s', (context, key) => {
  expect(() => parse(context)).toThrow(key);
});

test('localhost is a domain', () => {
  expect(parse({ ...withDomain, domain: 'localhost' }).domain).toBe('localhost');
});
