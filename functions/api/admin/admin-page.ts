import {
  ProblemError,
  type Problem,
  type TenantContext,
  type TenantEndpoint,
} from '@tenantry/middleware';
import {
  findTokenAccount,
  type PollsSharedTables,
  type PollsTenantTables,
  type TokenAccount,
} from '@tenantry/polls';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { html } from '../../html.ts';
import { pageAnswer, seeOther } from './page-answer.ts';
import { isOwnForm, readForm } from './read-form.ts';
import { findSessionToken } from './session-cookie.ts';

/** What the code of a page gets. */
export interface PageInput extends TenantContext<PollsTenantTables, PollsSharedTables> {
  readonly event: APIGatewayProxyEventV2;
  readonly form: URLSearchParams;
}

type Answer<Input> = (input: Input) => Promise<APIGatewayProxyStructuredResultV2>;
type Route = Pick<TenantEndpoint<never, never>['endpoint'], 'method' | 'path' | 'summary'>;
type PollsEndpoint = TenantEndpoint<PollsTenantTables, PollsSharedTables>;

/** A page for everybody at the tenant's host. A form is taken only from the host's own pages. */
export function openPage(route: Route, answer: Answer<PageInput>): PollsEndpoint {
  return {
    endpoint: { ...route, responses: {} },
    handler: async (event, { tenancy }) => {
      if (route.method === 'POST' && !isOwnForm(event)) return foreignForm;
      try {
        return await answer({ ...tenancy, event, form: readForm(event) });
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        return problemPage(error.problem);
      }
    },
  };
}

/** A page for the tenant's administrators; all others are sent to the sign-in. */
export function adminPage(
  route: Route,
  answer: Answer<PageInput & { readonly administrator: TokenAccount }>,
): PollsEndpoint {
  return openPage(route, async (input) => {
    const { db, tenant, event } = input;
    const place = { tenantId: tenant.id, use: 'administration' } as const;
    const account = await findTokenAccount(db, place, findSessionToken(event) ?? '');
    if (account?.administrator !== true) return seeOther('/admin/sign-in');
    return await answer({ ...input, administrator: account });
  });
}

function problemPage({ status, title, detail, errors = [], headers = {} }: Problem) {
  const reasons = errors.map(({ path, message }) => html`<p>${path}: ${message}</p>`);
  return pageAnswer({
    status,
    title,
    body: html`<p>${detail}</p>
      ${reasons}`,
    headers,
  });
}

const foreignForm = pageAnswer({
  status: 403,
  title: 'Forbidden',
  body: html`<p>This form was not sent from a page of this host.</p>`,
});
