import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { openTenantDb } from '@tenantry/database';
import { hostNotFound, problemErrors, ProblemError } from '@tenantry/middleware';
import type { PollsSharedTables, PollsSiteTables } from '@tenantry/polls';
import { dialectFor } from '../databases.ts';
import { readEnvironment } from '../environment.ts';
import { renderPage } from './render-page.ts';

const environment = readEnvironment('clusterArn', 'database', 'siteSecretArn', 'baseDomain');
const { db } = openTenantDb<PollsSiteTables, PollsSharedTables>(
  dialectFor(environment, environment.siteSecretArn),
);

async function showPage(event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> {
  if (event.requestContext.domainName !== environment.baseDomain)
    throw new ProblemError(hostNotFound);
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

function pageNotFound(): ProblemError {
  const detail = 'There is no such page; polls are at the host names of tenants.';
  return new ProblemError({ status: 404, code: 'PAGE_NOT_FOUND', title: 'Not Found', detail });
}

export const handler = middy()
  .use(problemErrors())
  .handler(showPage as never);
