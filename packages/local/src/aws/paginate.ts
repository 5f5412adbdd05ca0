import { AwsError } from './aws-error.ts';

/** One page of a list and the token that gets the next one, if there is one. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextToken?: string;
}

/** Which page of a list to cut out. */
export interface PageOptions {
  /** Most items of the page. */
  readonly size: number;
  /** The `nextToken` of the page before; undefined for the first page. */
  readonly token: string | undefined;
  /** Name of the error for a token that no page answered with. */
  readonly tokenError: string;
}

/** The page that starts where the token says; throws the named `AwsError` for a token that no page answered with. */
export function paginate<Item>(items: readonly Item[], options: PageOptions): Page<Item> {
  const start = parseToken(options);
  const end = start + options.size;
  const page = { items: items.slice(start, end) };
  if (end >= items.length) return page;
  return { ...page, nextToken: Buffer.from(String(end)).toString('base64url') };
}

function parseToken({ token, tokenError }: PageOptions): number {
  if (token === undefined) return 0;
  const text = Buffer.from(token, 'base64url').toString();
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new AwsError(tokenError, 'The token is not one that a page answered with.');
}
