import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import type { CreateAdmin } from '@tenantry/migrations';
import type { PollsTenantTables } from '@tenantry/polls';
import type { TenantId } from '@tenantry/tenancy';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import config from '../../tenantry.config.ts';
import type { HttpResponse } from '../support/http-request.ts';
import { openAsTenant, startSystem, type LocalSystem } from '../support/local-system.ts';
import { signIn } from '../support/sign-in.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

let project: TestProject;
let system: LocalSystem;

const password = 'correct horse battery';

beforeAll(async () => {
  project = await openDeployedProject();
  const assemblyDir = await project.synthesize();
  system = await startSystem({ assemblyDir, dataDir: project.dataDir });
});
afterAll(async () => {
  await system?.close();
  await project?.remove();
});

/** As `tenantry admin create` does it: the module that the project's configuration names, on the tenant's own tables. */
async function createAdmin(slug: string, name: string, newPassword = password): Promise<void> {
  const file = join(import.meta.dirname, '../..', config.onCreateAdmin ?? '');
  const hook = (await import(pathToFileURL(file).href)) as {
    readonly default: CreateAdmin<PollsTenantTables>;
  };
  const tenant = { id: slug as TenantId, slug, name: slug } as Parameters<
    typeof hook.default
  >[0]['tenant'];
  await openAsTenant(system, slug, async (db) => {
    await hook.default({ db: db as never, tenant, name, password: newPassword });
  });
}

type Form = Readonly<Record<string, string>>;

/** A browser at a tenant's host: sends forms with their origin, and keeps the cookie. */
function browse(slug: string) {
  const host = `${slug}.localhost`;
  const origin = `http://${host}:${system.runtime.port}`;
  let cookie = '';
  const keep = (answer: HttpResponse): HttpResponse => {
    const [set] = [answer.headers['set-cookie'] ?? []].flat();
    if (set !== undefined) cookie = set.split(';', 1)[0] ?? '';
    return answer;
  };
  const headers = () => (cookie === '' ? {} : { cookie });
  const submit = async (path: string, form: Form = {}, more: Form = { origin }) =>
    keep(
      await system.request({
        host,
        path,
        method: 'POST',
        body: new URLSearchParams(form).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers(), ...more },
      }),
    );
  return {
    open: async (path: string) => keep(await system.request({ host, path, headers: headers() })),
    submit,
    signIn: async (username: string, given = password) =>
      await submit('/admin/sign-in', { username, password: given }),
    get cookie() {
      return cookie;
    },
    set cookie(value) {
      cookie = value;
    },
  };
}

const newPoll = { question: 'Mjölnir <or> "axe"?', choices: 'Hammer\r\nAxe\r\n', category: 'food' };

describe.each(['schema', 'table'] as const)('with isolation %s', (isolation) => {
  /** The slug of this isolation's tenant. */
  const slugOf = (name: string) => `${name}-${isolation}`;

  beforeAll(async () => {
    const slugs = ['thor', 'potter'].map(slugOf);
    await Promise.all(slugs.map((slug) => system.createTenant(slug, { isolation })));
    await createAdmin(slugOf('thor'), 'Odin');
    await createAdmin(slugOf('potter'), 'albus');
  });

  test('an administrator signs in by form, adds a poll and deletes it', async () => {
    const browser = browse(slugOf('thor'));
    expect((await browser.open('/admin')).headers['location']).toBe('/admin/sign-in');
    expect((await browser.open('/admin/sign-in')).text).toContain('<form method="post"');
    const entered = await browser.signIn('odin');
    expect([entered.status, entered.headers['location']]).toEqual([303, '/admin']);
    const added = await browser.submit('/admin/polls', newPoll);
    expect([added.status, added.headers['location']]).toEqual([303, '/admin']);
    const list = await browser.open('/admin');
    expect(list.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(list.text).toContain('Mjölnir &lt;or&gt; &quot;axe&quot;?');
    expect(list.text).not.toContain('<or>');
    const [, id = ''] = /action="\/admin\/polls\/(\d+)\/delete"/.exec(list.text) ?? [];
    const poll = await system.request({
      host: `${slugOf('thor')}.localhost`,
      path: `/polls/${id}`,
    });
    expect(poll.json()).toMatchObject({
      question: 'Mjölnir <or> "axe"?',
      category: { id: 'food' },
      choices: [{ text: 'Hammer' }, { text: 'Axe' }],
    });
    expect((await browser.submit(`/admin/polls/${id}/delete`)).status).toBe(303);
    expect((await browser.open('/admin')).text).not.toContain('Mjölnir');
    expect((await browser.submit(`/admin/polls/${id}/delete`)).status).toBe(404);
  });

  test("what is saved in a tenant's administration belongs to it, and another tenant's never shows", async () => {
    const [thor, potter] = [browse(slugOf('thor')), browse(slugOf('potter'))];
    await thor.signIn('odin');
    await potter.signIn('albus');
    await thor.submit('/admin/polls', { ...newPoll, question: 'Asgard or Midgard?' });
    await potter.submit('/admin/polls', { ...newPoll, question: 'Owl or cat?' });
    const [own, other] = [await thor.open('/admin'), await potter.open('/admin')];
    expect(own.text).toContain('Asgard or Midgard?');
    expect(own.text).not.toContain('Owl');
    expect(other.text).toContain('Owl or cat?');
    expect(other.text).not.toContain('Asgard');
    const api = await system.request({
      host: `${slugOf('potter')}.localhost`,
      path: '/polls?limit=100',
    });
    expect(api.text).toContain('Owl or cat?');
  });

  test('an administrator of one tenant is a stranger at another, by password and by cookie', async () => {
    const [thor, potter] = [browse(slugOf('thor')), browse(slugOf('potter'))];
    await thor.signIn('odin');
    const refused = await potter.signIn('odin');
    expect([refused.status, refused.headers['set-cookie']]).toEqual([401, undefined]);
    potter.cookie = thor.cookie;
    expect((await thor.open('/admin')).status).toBe(200);
    const sent = await potter.open('/admin');
    expect([sent.status, sent.headers['location']]).toEqual([303, '/admin/sign-in']);
    expect((await potter.submit('/admin/polls', newPoll)).headers['location']).toBe(
      '/admin/sign-in',
    );
  });

  test('an account that is no administrator gets no further than the sign-in', async () => {
    const browser = browse(slugOf('thor'));
    const account = { username: 'loki', password };
    await system.request({
      host: `${slugOf('thor')}.localhost`,
      path: '/accounts',
      method: 'POST',
      body: account,
    });
    const refused = await browser.signIn('loki');
    expect([refused.status, browser.cookie]).toEqual([401, '']);
    const { authorization } = await signIn(system, slugOf('thor'));
    browser.cookie = `admin=${authorization.replace('Bearer ', '')}`;
    expect((await browser.open('/admin')).headers['location']).toBe('/admin/sign-in');
  });

  test("a form that another host's page sends is refused, whoever is signed in", async () => {
    const browser = browse(slugOf('thor'));
    await browser.signIn('odin');
    const { port } = system.runtime;
    const before = (await browser.open('/admin')).text;
    for (const headers of [
      {},
      { origin: 'null' },
      { origin: `http://${slugOf('potter')}.localhost:${port}` },
      { origin: `https://${slugOf('thor')}.localhost:${port}` },
      { origin: `http://${slugOf('thor')}.localhost` },
    ] as Form[]) {
      expect((await browser.submit('/admin/polls', newPoll, headers)).status).toBe(403);
      expect((await browser.submit('/admin/sign-in', {}, headers)).status).toBe(403);
    }
    expect((await browser.open('/admin')).text).toBe(before);
  });

  test('the session is a cookie that no script, no other site and no other host gets', async () => {
    const browser = browse(slugOf('thor'));
    const entered = await browser.signIn('odin');
    const [cookie = ''] = [entered.headers['set-cookie'] ?? []].flat();
    expect(cookie.split('; ')).toEqual(
      expect.arrayContaining(['Path=/', 'HttpOnly', 'SameSite=Strict']),
    );
    expect(cookie).not.toContain('Domain');
    const left = await browser.submit('/admin/sign-out');
    expect([left.status, browser.cookie]).toEqual([303, 'admin=']);
    expect((await browser.open('/admin')).headers['location']).toBe('/admin/sign-in');
  });

  test('a form that does not fit is shown again with what was typed, and why', async () => {
    const browser = browse(slugOf('thor'));
    await browser.signIn('odin');
    const answer = await browser.submit('/admin/polls', {
      question: '"><script>',
      choices: 'only one',
      category: 'food',
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('<p>choices: ');
    expect(answer.text).toContain('value="&quot;&gt;&lt;script&gt;"');
    expect(answer.text).toContain('>only one</textarea>');
    const category = await browser.submit('/admin/polls', { ...newPoll, category: 'none-such' });
    expect([category.status, category.text]).toEqual([422, expect.stringContaining('category')]);
  });

  test('making an administrator again sets the password, and makes one of an account that is there', async () => {
    await createAdmin(slugOf('thor'), 'frigg');
    await createAdmin(slugOf('thor'), 'frigg', 'another long password');
    expect((await browse(slugOf('thor')).signIn('frigg')).status).toBe(401);
    expect((await browse(slugOf('thor')).signIn('frigg', 'another long password')).status).toBe(
      303,
    );
    await system.request({
      host: `${slugOf('thor')}.localhost`,
      path: '/accounts',
      method: 'POST',
      body: { username: 'heimdall', password },
    });
    await createAdmin(slugOf('thor'), 'heimdall');
    expect((await browse(slugOf('thor')).signIn('heimdall')).status).toBe(303);
  });

  test("a token of the API's sign-in never opens the administration, nor does one of the administration open the API", async () => {
    const account = { username: 'vidar', password };
    const post = { host: `${slugOf('thor')}.localhost`, method: 'POST' };
    await system.request({ ...post, path: '/accounts', body: account });
    const session = await system.request({ ...post, path: '/sessions', body: account });
    const { token } = session.json<{ readonly token: string }>();
    await createAdmin(slugOf('thor'), 'vidar', 'another long password');
    const browser = browse(slugOf('thor'));
    browser.cookie = `admin=${token}`;
    expect((await browser.open('/admin')).headers['location']).toBe('/admin/sign-in');
    await browser.signIn('vidar', 'another long password');
    expect((await browser.open('/admin')).status).toBe(200);
    const authorization = `Bearer ${browser.cookie.replace('admin=', '')}`;
    const body = { question: 'One or two?', choices: ['one', 'two'] };
    const refused = await system.request({
      ...post,
      path: '/polls',
      body,
      headers: { authorization },
    });
    expect(refused.status).toBe(401);
  });

  test.each([
    ['x', password, 'name'],
    ['hel', 'short', 'password'],
  ])('the administrator %s is refused with what does not fit', async (name, given, field) => {
    await expect(createAdmin(slugOf('thor'), name, given)).rejects.toMatchObject({
      code: 'TENANT_INPUT_INVALID',
      field,
    });
  });

  test("the administration's sign-in waits after too many failures like the API's", async () => {
    await createAdmin(slugOf('thor'), 'baldur');
    const browser = browse(slugOf('thor'));
    for (let attempt = 1; attempt <= 5; attempt += 1)
      expect((await browser.signIn('baldur', 'wrong')).status).toBe(401);
    const answer = await browser.signIn('baldur');
    expect([answer.status, Number(answer.headers['retry-after'])]).toEqual([
      429,
      expect.any(Number),
    ]);
  });
});
