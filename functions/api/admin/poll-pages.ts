import {
  contract,
  deletePoll,
  newPoll,
  pageOfPolls,
  selectCategories,
  selectPolls,
} from '@tenantry/polls';
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { pollNotFound } from '../problems.ts';
import { storePoll } from '../store-poll.ts';
import { adminPage, type PageInput } from './admin-page.ts';
import { pageAnswer, seeOther } from './page-answer.ts';
import { renderPolls, type PollsPage } from './render-polls.ts';

/** `GET /admin`: the tenant's polls, newest first, and a form for a new one. */
export const listPollsPage = adminPage(
  { method: 'GET', path: '/admin', summary: 'Administration: polls' },
  async (input) => await showPolls(input, 200),
);

/** `POST /admin/polls`: stores the poll of the form, or shows what does not fit. */
export const addPoll = adminPage(
  { method: 'POST', path: '/admin/polls', summary: 'Administration: add a poll' },
  async (input) => {
    const given = {
      question: input.form.get('question') ?? '',
      choices: input.form.get('choices') ?? '',
      category: input.form.get('category') ?? '',
    };
    const parsed = newPoll.safeParse({
      question: given.question,
      choices: given.choices.split('\n').filter((line) => line.trim() !== ''),
      ...(given.category === '' ? {} : { category: given.category }),
    });
    if (!parsed.success) return await showPolls(input, 422, { given, issues: parsed.error.issues });
    await storePoll(input, input.administrator, parsed.data);
    return seeOther('/admin');
  },
);

/** `POST /admin/polls/{id}/delete`: deletes a poll with its choices and votes, whoever created it. */
export const removePoll = adminPage(
  { method: 'POST', path: '/admin/polls/{id}/delete', summary: 'Administration: delete a poll' },
  async ({ db, event, log }) => {
    const params = contract.deletePoll.params?.safeParse(event.pathParameters ?? {});
    if (params?.success !== true || !(await deletePoll(db, params.data.id))) throw pollNotFound();
    log.info('poll deleted', { poll: String(params.data.id) });
    return seeOther('/admin');
  },
);

async function showPolls(
  { db, shared, tenant, event }: PageInput,
  status: number,
  refused?: PollsPage['refused'],
): Promise<APIGatewayProxyStructuredResultV2> {
  const page = pageOfPolls.safeParse(event.queryStringParameters ?? {});
  const polls = await selectPolls(db, page.success ? page.data : pageOfPolls.parse({}));
  const categories = await selectCategories(shared);
  const body = renderPolls({ ...polls, categories, ...(refused === undefined ? {} : { refused }) });
  return pageAnswer({ status, title: `${tenant.name}: administration`, body });
}
