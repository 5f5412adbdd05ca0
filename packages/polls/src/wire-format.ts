import * as z from 'zod';

/** A 64-bit number: text on the wire, `bigint` in code. */
export const int64 = z.bigint().transform(String).pipe(z.string());

/** A point in time: ISO 8601 in UTC on the wire, `Date` in code. */
export const timestamp = z
  .date()
  .transform((date) => date.toISOString())
  .pipe(z.iso.datetime());

/** A 64-bit number that a caller sends as text. */
export const int64Param = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, 'must be a whole number')
  .transform(BigInt);

/** Where the next page begins, for callers to hand back as it is: `bigint` in code. */
export const cursor = z
  .bigint()
  .transform((id) => Buffer.from(String(id)).toString('base64url'))
  .pipe(z.string());

/** A cursor that a caller hands back. */
export const pageCursor = z
  .string()
  .max(40)
  .transform((value) => Buffer.from(value, 'base64url').toString())
  .refine((value) => /^[1-9]\d{0,17}$/.test(value), 'is no value of `next`')
  .transform(BigInt);

/** An error, as `application/problem+json`. */
export const problem = z.object({
  status: z.number(),
  code: z.string(),
  title: z.string(),
  detail: z.string(),
});

/** Text that PostgreSQL can hold. */
export function text(maxLength: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .refine((value) => !value.includes('\u0000'), 'must not contain the character NUL');
}
