import { originOf } from '@tenantry/middleware';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';

/** The fields of a form that a browser sent. */
export function readForm({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): URLSearchParams {
  return new URLSearchParams(isBase64Encoded ? Buffer.from(body, 'base64').toString() : body);
}

/**
 * Whether a form was sent from a page of this very host. Browsers say so themselves with each POST. A cookie's SameSite would not do:
 * the hosts of two tenants are one site.
 */
export function isOwnForm(event: APIGatewayProxyEventV2): boolean {
  return event.headers['origin'] === originOf(event);
}
