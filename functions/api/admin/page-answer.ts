import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { html, type Html } from '../../html.ts';

/** A whole page: what the browser shows, and its status. */
export interface Page {
  readonly status: number;
  readonly title: string;
  readonly body: Html;
  readonly headers?: Readonly<Record<string, string>>;
}

// `origin` would be "null" on a form's request under a stricter referrer policy.
const pageHeaders = {
  'cache-control': 'no-store',
  'content-security-policy':
    "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'content-type': 'text/html; charset=utf-8',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

/** The page as an answer: no script, no frame, nothing from elsewhere, kept nowhere. */
export function pageAnswer({ status, title, body, headers }: Page) {
  const text = html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width" />
      <title>${title}</title>
      <h1>${title}</h1>
      ${body}
    </html> `.text;
  return {
    statusCode: status,
    headers: { ...pageHeaders, ...headers },
    body: text,
  } satisfies APIGatewayProxyStructuredResultV2;
}

/** Sends the browser to a page of this host, with a GET. */
export function seeOther(path: string, cookie?: string): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode: 303,
    headers: { location: path, 'cache-control': 'no-store' },
    ...(cookie === undefined ? {} : { cookies: [cookie] }),
  };
}
