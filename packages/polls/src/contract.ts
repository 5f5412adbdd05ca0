import * as z from 'zod';
import { defineEndpoint } from '@tenantry/middleware';
import { credentials, newAccount } from './account-shapes.ts';
import { newPoll, pageOfPolls } from './poll-shapes.ts';
import { cursor, int64, int64Param, problem, timestamp } from './wire-format.ts';

const category = z.object({ id: z.string(), name: z.string() });

const pollSummary = z.object({ id: int64, question: z.string(), createdAt: timestamp });

const poll = pollSummary.extend({
  category: category.nullable(),
  choices: z.array(z.object({ id: int64, text: z.string(), votes: int64 })),
});

/** `POST /accounts`: a new account of this tenant. */
export const createAccount = defineEndpoint({
  method: 'POST',
  path: '/accounts',
  summary: 'Register',
  body: newAccount,
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
  body: credentials,
  responses: {
    201: z.object({ token: z.string(), expiresAt: timestamp }),
    401: problem,
    429: problem,
  },
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
  query: pageOfPolls,
  responses: { 200: z.object({ polls: z.array(pollSummary), next: cursor.nullable() }) },
});

/** `POST /polls`: a new poll with its choices; its creator is whoever is signed in. */
export const createPoll = defineEndpoint({
  method: 'POST',
  path: '/polls',
  summary: 'Create a poll',
  security: 'bearer',
  body: newPoll,
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

/** `DELETE /polls/{id}`: the poll with its choices and votes; only for its creator. */
export const deletePoll = defineEndpoint({
  method: 'DELETE',
  path: '/polls/{id}',
  summary: 'Delete a poll of your own',
  security: 'bearer',
  params: z.object({ id: int64Param }),
  responses: { 204: z.undefined(), 403: problem, 404: problem },
});

/** `POST /polls/{id}/votes`: the vote of whoever is signed in, once per poll. */
export const createVote = defineEndpoint({
  method: 'POST',
  path: '/polls/{id}/votes',
  summary: 'Vote',
  security: 'bearer',
  params: z.object({ id: int64Param }),
  body: z.strictObject({ choiceId: int64Param }),
  responses: {
    201: z.object({ pollId: int64, choiceId: int64 }),
    404: problem,
    409: problem,
  },
});

const visits = z.object({ visits: z.int().min(0) });

/** `GET /visits`: how often the tenant's pages were visited. */
export const getVisits = defineEndpoint({
  method: 'GET',
  path: '/visits',
  summary: 'Show the visits counted so far; the count begins anew a day after its first visit',
  responses: { 200: visits },
});

/** `POST /visits`: one more visit. */
export const countVisit = defineEndpoint({
  method: 'POST',
  path: '/visits',
  summary: 'Count a visit',
  responses: { 200: visits },
});

/** `GET /openapi.json`: this API, described in OpenAPI 3.1. */
export const getOpenApi = defineEndpoint({
  method: 'GET',
  path: '/openapi.json',
  summary: 'Describe this API',
  responses: { 200: z.looseObject({ openapi: z.string() }) },
});
