import { expect, test, vi } from 'vitest';
import { bindLog, getLambdaLog } from './log.ts';

test("a line of the function's log is one JSON object with what is bound to it", () => {
  const written = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  const writtenAsError = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const log = bindLog(getLambdaLog(), { tenant_id: 'abcdefghij0123456789' });
  log.info('poll created', { poll: '7' });
  log.error('request failed', { reason: 'a\nb' });
  const lines = [...written.mock.calls, ...writtenAsError.mock.calls].map(([text]) => String(text));
  vi.restoreAllMocks();
  expect(lines.map((line) => line.split('\n').length)).toEqual([2, 2]);
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'INFO', message: 'poll created', poll: '7', tenant_id: 'abcdefghij0123456789' },
    { level: 'ERROR', reason: 'a\nb', tenant_id: 'abcdefghij0123456789' },
  ]);
});
