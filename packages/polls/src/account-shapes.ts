import * as z from 'zod';

const username = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9._-]{3,40}$/, 'must be 3 to 40 letters, digits, dots, dashes or underscores');

const password = z.string().normalize('NFKC').max(200);

/** User name and password of an account to be made. */
export const newAccount = z.strictObject({ username, password: password.min(12) });

/** User name and password of an account that may be there. */
export const credentials = z.strictObject({ username, password });
