import { describe, expect, test } from 'vitest';
import { naughtyStrings } from '../../../test/isolation/naughty-strings.ts';
import { runAgainst, tenantView } from './testing/fake-system.ts';

const acme = tenantView();

/** Command lines that take a text, and where the text must stand in what is asked of the system. */
const commands: readonly (readonly [string, (text: string) => string[], string])[] = [
  ['tenant show', (text) => ['tenant', 'show', text], 'reference'],
  ['tenant delete', (text) => ['tenant', 'delete', text, '--yes'], 'reference'],
  ['tenant resume', (text) => ['tenant', 'resume', text], 'reference'],
  [
    'tenant suspend --reason',
    (text) => ['tenant', 'suspend', 'acme', `--reason=${text}`],
    'reason',
  ],
  ['tenant create', (text) => ['tenant', 'create', text, '--yes'], 'slug'],
  [
    'tenant create --name',
    (text) => ['tenant', 'create', 'acme', '--yes', `--name=${text}`],
    'name',
  ],
  [
    'tenant create --domain',
    (text) => ['tenant', 'create', 'acme', '--yes', `--domain=${text}`],
    'domain',
  ],
  [
    'tenant create --pool',
    (text) => ['tenant', 'create', 'acme', '--yes', '--isolation=table', `--pool=${text}`],
    'pool',
  ],
];

describe.each(commands)('as argument of %s', (_, commandLine, key) => {
  test.each(naughtyStrings)(
    'a hostile text is refused, or reaches the system to the letter: %j',
    async (text) => {
      const { exitCode, stdout, stderr, calls } = await runAgainst(
        { tenants: [acme] },
        commandLine(text),
      );
      const values = calls
        .map(({ input }) => (input as Readonly<Record<string, unknown>>)[key])
        .filter((value) => value !== undefined);
      for (const value of values) expect([text, acme.slug, acme.id]).toContain(value);
      // An empty name is none: the slug takes its place.
      if (values.length === 0 && text !== '') expect(exitCode).not.toBe(0);
      if (key === 'reference' && text !== acme.slug) expect(exitCode).not.toBe(0);
      expect(stdout.replaceAll(text, '')).not.toMatch(steering);
      expect(stderr).not.toMatch(steering);
    },
  );
});

/** What moves a terminal's cursor or hides text. */
const steering = /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;
