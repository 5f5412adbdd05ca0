import * as z from 'zod';
import { pageCursor, text } from './wire-format.ts';

/** A poll to be made, as a caller sends it. */
export const newPoll = z.strictObject({
  question: text(500),
  choices: z
    .array(text(200))
    .min(2)
    .max(20)
    .refine((choices) => new Set(choices).size === choices.length, 'must differ from each other'),
  category: text(40).optional(),
});

/** Which page of the polls a caller asks for. */
export const pageOfPolls = z.strictObject({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  after: pageCursor.optional(),
});
