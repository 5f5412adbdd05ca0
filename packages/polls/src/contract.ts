import * as z from 'zod';
import { defineEndpoint } from '@tenantry/middleware';

/** A 64-bit number: text on the wire, `bigint` in code. */
const int64 = z.bigint().transform(String);

/** A point in time: ISO 8601 in UTC on the wire, `Date` in code. */
const timestamp = z.date().transform((date) => date.toISOString());

const int64Param = z
  .string()
  .regex(/^[1-9]\d{0,17}$/, 'must be a whole number')
  .transform(BigInt);

const category = z.object({ id: z.string(), name: z.string() });

const problem = z.object({
  status: z.number(),
  code: z.string(),
  title: z.string(),
  detail: z.string(),
});

const pollSummary = z.object({ id: int64, question: z.string(), createdAt: timestamp });

const poll = pollSummary.extend({
  category: category.nullable(),
  choices: z.array(z.object({ id: int64, text: z.string(), votes: int64 })),
});

/** Text that PostgreSQL can hold. */
const text = (maxLength: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(maxLength)
    .refine((value) => !value.includes('\u0000'), 'must not contain the character NUL');

/** `GET /categories`: the poll categories that all tenants share. */
export const listCategories = defineEndpoint({
  method: 'GET',
  path: '/categories',
  summary: 'List the categories a poll may have',
  responses: { 200: z.object({ categories: z.array(category) }) },
});

/** `GET /polls`: the tenant's newest polls. */
export const listPolls = defineEndpoint({
  method: 'GET',
  path: '/polls',
  summary: 'List the newest 100 polls',
  responses: { 200: z.object({ polls: z.array(pollSummary) }) },
});

/** `POST /polls`: a new poll with its choices. */
export const createPoll = defineEndpoint({
  method: 'POST',
  path: '/polls',
  summary: 'Create a poll',
  body: z.strictObject({
    question: text(500),
    choices: z
      .array(text(200))
      .min(2)
      .max(20)
      .refine((choices) => new Set(choices).size === choices.length, 'must differ from each other'),
    category: text(40).optional(),
  }),
  responses: { 201: poll },
});

/** `GET /polls/{id}`: one poll with its choices and how many votes each has. */
export const getPoll = defineEndpoint({
  method: 'GET',
  path: '/polls/{id}',
  summary: 'Show a poll',
  params: z.object({ id: int64Param }),
  responses: { 200: poll, 404: problem },
});
