import { toOpenApi } from '@tenantry/middleware';
import { contract } from '@tenantry/polls';
import { tenantEndpoint } from './tenant-endpoint.ts';

export const getOpenApi = tenantEndpoint(contract.getOpenApi, async ({ reply }) => {
  const endpoints = Object.values(contract);
  const description = toOpenApi({ title: 'Polls', version: '1', endpoints });
  return reply(200, { openapi: '3.1.0', ...description });
});
