import { credentials, issueAccountToken, signIn } from '@tenantry/polls';
import { html } from '../../html.ts';
import { signInThrottled } from '../problems.ts';
import { openPage } from './admin-page.ts';
import { pageAnswer, seeOther } from './page-answer.ts';
import { endedSessionCookie, sessionCookie } from './session-cookie.ts';

const path = '/admin/sign-in';

/** `GET /admin/sign-in`: asks for user name and password. */
export const showSignIn = openPage(
  { method: 'GET', path, summary: 'Administration: sign in' },
  async ({ tenant }) => signInPage(tenant.name, { status: 200, message: '' }),
);

/** `POST /admin/sign-in`: begins a session of an administrator. Whoever else signs in is refused like a wrong password. */
export const submitSignIn = openPage(
  { method: 'POST', path, summary: 'Administration: sign in' },
  async ({ db, tenant, event, form }) => {
    const parsed = credentials.safeParse(Object.fromEntries(form));
    const result = parsed.success ? await signIn(db, parsed.data) : undefined;
    if (result?.kind === 'throttled') throw signInThrottled(result.retryAfterSeconds);
    if (result?.kind !== 'signed-in' || !result.isAdministrator) {
      const message = 'No administrator has this user name and this password.';
      return signInPage(tenant.name, { status: 401, message });
    }
    const place = { tenantId: tenant.id, use: 'administration' } as const;
    const session = await issueAccountToken(db, place, result.accountId);
    return seeOther('/admin', sessionCookie(event, session));
  },
);

/** `POST /admin/sign-out`: ends the browser's session. */
export const signOut = openPage(
  { method: 'POST', path: '/admin/sign-out', summary: 'Administration: sign out' },
  async ({ event }) => seeOther(path, endedSessionCookie(event)),
);

function signInPage(
  tenantName: string,
  { status, message }: { readonly status: number; readonly message: string },
) {
  const body = html`<p>${message}</p>
    <form method="post" action="${path}">
      <p>
        <label>User name <input name="username" autocomplete="username" required /></label>
      </p>
      <p>
        <label
          >Password <input name="password" type="password" autocomplete="current-password" required
        /></label>
      </p>
      <p><button>Sign in</button></p>
    </form>`;
  return pageAnswer({ status, title: `${tenantName}: administration`, body });
}
