import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { escapeArgument } from './escape-argument.ts';

test.each(['acme', 'ACME Corporation', `it's`, '$(id)', '`id`', 'a"b', '', 'a\nb', '*', '-x; ls'])(
  'a shell reads %j back as it was',
  (word) => {
    const read = execFileSync('sh', ['-c', `printf %s ${escapeArgument(word)}`], {
      encoding: 'utf8',
    });

    expect(read).toBe(word);
  },
);
