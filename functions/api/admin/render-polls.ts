import { cursor, type selectCategories, type selectPolls } from '@tenantry/polls';
import { html, type Html } from '../../html.ts';

type Polls = Awaited<ReturnType<typeof selectPolls>>;
type Categories = Awaited<ReturnType<typeof selectCategories>>;

/** A form as it was sent, one choice a line. */
interface GivenPoll {
  readonly question: string;
  readonly choices: string;
  readonly category: string;
}

/** What the page of the polls shows. */
export interface PollsPage extends Polls {
  readonly categories: Categories;
  /** A form that did not fit, and why. */
  readonly refused?: {
    readonly given: GivenPoll;
    readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
  };
}

/** The list of polls, each with a button that deletes it, and the form for a new one. */
export function renderPolls({ polls, next, categories, refused }: PollsPage): Html {
  return html`<form method="post" action="/admin/sign-out"><button>Sign out</button></form>
    <table>
      <tr>
        <th>Poll</th>
        <th>Since</th>
        <th></th>
      </tr>
      ${polls.map(renderPoll)}
    </table>
    ${next === null ? '' : renderNext(next)}
    <h2>New poll</h2>
    ${(refused?.issues ?? []).map(({ path, message }) => html`<p>${path.join('.')}: ${message}</p> `)}
    ${renderForm(categories, refused?.given)}`;
}

function renderPoll({ id, question, createdAt }: Polls['polls'][number]): Html {
  return html`<tr>
    <td>${question}</td>
    <td>${createdAt.toISOString()}</td>
    <td>
      <form method="post" action="/admin/polls/${id}/delete"><button>Delete</button></form>
    </td>
  </tr> `;
}

function renderNext(next: bigint): Html {
  return html`<p><a href="/admin?after=${cursor.parse(next)}">Older</a></p>`;
}

function renderForm(categories: Categories, given?: GivenPoll): Html {
  const options = categories.map(
    ({ id, name }) =>
      html`<option value="${id}" ${id === given?.category ? ' selected' : ''}>${name}</option> `,
  );
  return html`<form method="post" action="/admin/polls">
    <p>
      <label
        >Question <input name="question" required maxlength="500" value="${given?.question ?? ''}"
      /></label>
    </p>
    <p>
      <label
        >Choices, one a line <textarea name="choices" required>${given?.choices ?? ''}</textarea>
      </label>
    </p>
    <p>
      <label
        >Category
        <select name="category">
          <option value="">none</option>
          ${options}
        </select></label
      >
    </p>
    <p><button>Add</button></p>
  </form>`;
}
