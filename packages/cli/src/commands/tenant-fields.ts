import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';

/** Application fields of a tenant as they travel to the control function. */
export type Fields = Readonly<Record<string, string | number | boolean>>;

/**
 * The fields of `--field key=value` flags: `true` and `false` become booleans, numbers in their shortest form numbers, all else
 * (`007` too) stays text. Throws `CliError` USAGE for a flag without `=`.
 */
export function parseFields(flags: readonly string[]): Fields {
  return Object.fromEntries(
    flags.map((flag) => {
      const [key, value] = splitOnce(flag);
      if (key === '' || value === undefined) {
        throw new CliError('USAGE', `--field "${flag}" is not of the form key=value.`, {
          exitCode: exitCodes.usage,
          next: ['tenantry tenant create SLUG --name NAME --field plan=pro --yes'],
        });
      }
      return [key, parseFieldValue(value)];
    }),
  );
}

function splitOnce(flag: string): [string, string | undefined] {
  const at = flag.indexOf('=');
  return at < 0 ? [flag, undefined] : [flag.slice(0, at), flag.slice(at + 1)];
}

/** A field's value from text: `true`, `false` and numbers in their shortest form are what they look like, all else is text. */
export function parseFieldValue(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return text !== '' && String(Number(text)) === text && Number.isFinite(Number(text))
    ? Number(text)
    : text;
}
