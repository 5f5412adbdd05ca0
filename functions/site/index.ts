import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { openTenantDb } from '@tenantry/database';
import { hostNotFound, problemErrors, ProblemError } from '@tenantry/middleware';
import {
  siteVisibleColumnTypes,
  type PollsSharedTables,
  type PollsSiteTables,
} from '@tenantry/polls';
import { dialectFor } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { renderPage } from './render-page.ts';

const environment = readEnvironment('clusterArn', 'database', 'siteSecretArn', 'baseDomain');
const { db } = openTenantDb<PollsSiteTables, PollsSharedTables>(
  dialectFor(environment, environment.siteSecretArn, siteVisibleColumnTypes),
);

async function showPage(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  if (event.requestContext.domainName !== environment.baseDomain)
    throw new ProblemError(hostNotFound);
  const { method } = event.requestContext.http;
  if (method !== 'GET' && method !== 'HEAD') throw methodNotAllowed(method);
  const page = await db
    .selectFrom('page')
    .select(['title', 'body'])
    .where('path', '=', event.rawPath)
    .executeTakeFirst();
  if (page === undefined) throw pageNotFound();
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'",
  };
  return {
    statusCode: 200,
    headers,
    body: renderPage({ ...page, baseDomain: environment.baseDomain }),
  };
}

function methodNotAllowed(method: string): ProblemError {
  return new ProblemError({
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    title: 'Method Not Allowed',
    detail: `Pages take GET, not ${method}; accounts and polls are at the host names of tenants.`,
    headers: { allow: 'GET, HEAD' },
  });
}

function pageNotFound(): ProblemError {
  const detail = 'There is no such page; polls are at the host names of tenants.';
  return new ProblemError({ status: 404, code: 'PAGE_NOT_FOUND', title: 'Not Found', detail });
}

export const handler = middy()
  .use(problemErrors())
  .handler(showPage as never);
