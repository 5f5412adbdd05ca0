import { expect, test } from 'vitest';
import { parseStartTime } from './parse-start-time.ts';

const now = new Date(2026, 10, 21, 14, 0);

test('a time of day is the next time the clock shows it', () => {
  expect(parseStartTime('22:30', now)).toEqual(new Date(2026, 10, 21, 22, 30));
  expect(parseStartTime('06:05', now)).toEqual(new Date(2026, 10, 22, 6, 5));
});

test('a date with time keeps its zone', () => {
  expect(parseStartTime('2099-12-24T22:30:00+02:00', now).toISOString()).toBe(
    '2099-12-24T20:30:00.000Z',
  );
});

test.each(['25:00', '2099-12-24', 'tomorrow', '2026-11-21T13:59'])('%s is refused', (text) => {
  expect(() => parseStartTime(text, now)).toThrow(/is no time|is over/);
});
