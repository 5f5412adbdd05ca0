import * as z from 'zod';
import { defineEndpoint } from '@tenantry/middleware';
import { cursor, int64, int64Param, pageCursor, problem, text, timestamp } from './wire-format.ts';

const category = z.object({ id: z.string(), name: z.string() });

const pollSummary = z.object({ id: int64, question: z.string(), createdAt: timestamp });

const poll = pollSummary.extend({
  category: category.nullable(),
  choices: z.array(z.object({ id: int64, text: z.string(), votes: int64 })),
});

const username = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9._-]{3,40}$/, 'must be 3 to 40 letters, digits, dots, dashes or underscores');

/** `POST /accounts`: a new account of this tenant. */
export const createAccount = defineEndpoint({
  method: 'POST',
  path: '/accounts',
  summary: 'Register',
  body: z.strictObject({ username, password: z.string().normalize('NFKC').min(12).max(200) }),
  responses: {
    201: z.object({ id: int64, username: z.string(), createdAt: timestamp }),
    409: problem,
  },
});

/** `POST /sessions`: a token for `authorization: Bearer …`, good at this tenant only. */
export const createSession = defineEndpoint({
  method: 'POST',
  path: '/sessions',
  summary: 'Sign in',
  body: z.strictObject({ username, password: z.string().normalize('NFKC').max(200) }),
  responses: { 201: z.object({ token: z.string(), expiresAt: timestamp }), 401: problem },
});

/** `GET /categories`: the poll categories that all tenants share. */
export const listCategories = defineEndpoint({
  method: 'GET',
  path: '/categories',
  summary: 'List the categories a poll may have',
  responses: { 200: z.object({ categories: z.array(category) }) },
});

/** `GET /polls`: the tenant's polls, newest first, page by page. */
export const listPolls = defineEndpoint({
  method: 'GET',
  path: '/polls',
  summary: 'List polls, newest first; `next` is the value of `after` for the following page',
  query: z.strictObject({
    limit: z.coerce.number().int().min(1).max(100).default(20),
    after: pageCursor.optional(),
  }),
  responses: { 200: z.object({ polls: z.array(pollSummary), next: cursor.nullable() }) },
});

/** `POST /polls`: a new poll with its choices; its creator is whoever is signed in. */
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
  responses: { 201: poll, 401: problem },
});

/** `GET /polls/{id}`: one poll with its choices and how many votes each has. */
export const getPoll = defineEndpoint({
  method: 'GET',
  path: '/polls/{id}',
  summary: 'Show a poll',
  params: z.object({ id: int64Param }),
  responses: { 200: poll, 404: problem },
});

/** `DELETE /polls/{id}`: the poll with its choices and votes; only for its creator. */
export const deletePoll = defineEndpoint({
  method: 'DELETE',
  path: '/polls/{id}',
  summary: 'Delete a poll of your own',
  params: z.object({ id: int64Param }),
  responses: { 204: z.undefined(), 401: problem, 403: problem, 404: problem },
});

/** `POST /polls/{id}/votes`: the vote of whoever is signed in, once per poll. */
export const createVote = defineEndpoint({
  method: 'POST',
  path: '/polls/{id}/votes',
  summary: 'Vote',
  params: z.object({ id: int64Param }),
  body: z.strictObject({ choiceId: int64Param }),
  responses: {
    201: z.object({ pollId: int64, choiceId: int64 }),
    401: problem,
    404: problem,
    409: problem,
  },
});

/** `GET /openapi.json`: this API, described in OpenAPI 3.1. */
export const getOpenApi = defineEndpoint({
  method: 'GET',
  path: '/openapi.json',
  summary: 'Describe this API',
  responses: { 200: z.looseObject({ openapi: z.string() }) },
});
