import type * as z from 'zod';

/** A path's parameters, a query, or a body: any zod object. */
type Shape = z.ZodType<Record<string, unknown>>;

/** How a caller shows who it is: `bearer` is a token in `authorization: Bearer …`. */
export type Security = 'bearer';

/** What an endpoint takes and gives, in one place: route, validation, types and documentation come from it. */
export interface Endpoint<
  Params extends Shape = Shape,
  Query extends Shape = Shape,
  Body extends z.ZodType = z.ZodType,
  Responses extends Readonly<Record<number, z.ZodType>> = Readonly<Record<number, z.ZodType>>,
  Needs extends Security | undefined = Security | undefined,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Parameters in braces: `/polls/{id}`. */
  readonly path: string;
  readonly summary: string;
  /**
   * Only for callers who show who they are; all others are answered 401 before the endpoint's code runs.
   * @default - everybody may ask
   */
  readonly security?: Needs;
  readonly params?: Params;
  /** What may follow the `?`; every value arrives as text, a repeated one joined with commas. */
  readonly query?: Query;
  readonly body?: Body;
  /** Shape of the answer by status. */
  readonly responses: Responses;
}

/**
 * Declares an endpoint; the types of its handler follow from it.
 *
 * @example
 * const getPoll = defineEndpoint({
 *   method: 'GET',
 *   path: '/polls/{id}',
 *   summary: 'Show a poll',
 *   params: z.object({ id: z.string() }),
 *   responses: { 200: z.object({ question: z.string() }) },
 * });
 */
export function defineEndpoint<
  Params extends Shape,
  Query extends Shape,
  Body extends z.ZodType,
  Responses extends Readonly<Record<number, z.ZodType>>,
  Needs extends Security | undefined = undefined,
>(
  endpoint: Endpoint<Params, Query, Body, Responses, Needs>,
): Endpoint<Params, Query, Body, Responses, Needs> {
  return endpoint;
}

/** An answer that fits one of an endpoint's responses. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** Makes an answer: another status or another shape than the endpoint declares does not compile. */
export type ReplyFunction<Responses extends Readonly<Record<number, z.ZodType>>> = <
  Status extends keyof Responses & number,
>(
  status: Status,
  body: z.input<Responses[Status]>,
) => Reply;
