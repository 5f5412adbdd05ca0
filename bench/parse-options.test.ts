import { expect, test } from 'vitest';
import { BenchUsageError, parseOptions } from './parse-options.ts';

test('what is not given has its default, which says of what kind it is', () => {
  expect(parseOptions('fleet', [])).toEqual({
    tenants: 100,
    'peer-tenants': 30,
    lanes: [2, 3],
    only: '',
  });
  expect(parseOptions('fleet', ['--lanes', '1,16', '--only=psql', '--tenants', '5'])).toMatchObject(
    { tenants: 5, lanes: [1, 16], only: 'psql' },
  );
});

test('an option that may be given more than once keeps every text', () => {
  const args = ['--workload', 'tables:5', '--workload', 'tables:9'];
  expect(parseOptions('create', args).workload).toEqual(['tables:5', 'tables:9']);
});

test.each([
  [['--tenant', '5'], "Unknown option '--tenant'"],
  [['5'], "Unexpected argument '5'"],
  [['--tenants'], "Option '--tenants <value>' argument missing"],
  [['--tenants', '--polls'], "Option '--tenants' argument is ambiguous"],
  [['--tenants', '1e3'], '--tenants is "1e3", allowed are whole numbers from 1'],
  [['--tenants', '0'], '--tenants is "0", allowed are whole numbers from 1'],
  [['--over', 'psql'], '--over is "psql", allowed is data-api or pg'],
])('%j is refused, saying what is allowed', (args, message) => {
  expect(() => parseOptions('table', args)).toThrow(new BenchUsageError(message));
});

test('each number of a list must be one', () => {
  expect(() => parseOptions('fleet', ['--lanes', '4,many'])).toThrow('--lanes is "many"');
});
