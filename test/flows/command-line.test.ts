import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pgDialect } from '@tenantry/database';
import { Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  findFreePort,
  runCommand,
  startCommand,
  type RunningCommand,
} from '../support/cli-process.ts';
import { httpRequest } from '../support/http-request.ts';
import { readSuperuser } from '../support/read-superuser.ts';
import { openDeployedProject, type TestProject } from '../support/test-project.ts';

const added = 'polls/0099_color';
const repository = join(import.meta.dirname, '../..');

let project: TestProject;
let dev: RunningCommand;
let port = 0;

/** A system with the tenants thor and potter at the newest of the project's migrations, the last of which is `added`. */
beforeAll(async () => {
  project = await openDeployedProject();
  await project.writeMigration(
    `${added}.sql`,
    `alter table poll add column color text;
alter table poll add constraint poll_is_fit check (question <> 'unfit');

-- down
alter table poll drop constraint poll_is_fit;
alter table poll drop column color;
`,
  );
  port = await findFreePort();
  const args = ['dev', '--port', String(port), '--data', project.dataDir];
  dev = startCommand(args, project.root);
  await dev.until(/^ready/m);
});
afterAll(async () => {
  dev?.process.kill('SIGTERM');
  await dev?.finished;
  await project?.remove();
});

const withData = (words: string): string[] => ['--data', project.dataDir, ...words.split(' ')];
const tenantry = (words: string) => runCommand(withData(words), project.root);

async function versions(): Promise<Record<string, string | null>> {
  const { stdout } = await tenantry('tenant list --json');
  const { tenants } = JSON.parse(stdout) as { tenants: { slug: string; version: string | null }[] };
  return Object.fromEntries(tenants.map(({ slug, version }) => [slug, version]));
}

test('whom a selection means is the same by targets, by --dry-run and by the old name', async () => {
  const selector = '--all --exclude potter --scope all';
  const targets = await tenantry(`targets ${selector}`);
  const dry = await tenantry(`migrate up ${selector} --dry-run`);
  const old = await tenantry(`whowill -as -x potter`);

  expect(targets.status).toBe(0);
  expect(targets.stdout).toContain('1 of 2 tenants and 2 static schemas');
  expect(targets.stdout).toMatch(/^thor +tenant +active/m);
  expect(targets.stdout).not.toMatch(/^potter /m);
  expect(dry).toEqual(targets);
  expect(old.stdout).toBe(targets.stdout);
});

test('one tenant goes a migration back and up again, and nobody else moves', async () => {
  const down = await tenantry('migrate down thor --steps 1 --yes');
  const between = await versions();
  const plan = await tenantry('migrate up thor --plan --exit-code');
  const up = await tenantry('migrate up thor');

  expect(down).toMatchObject({ status: 0 });
  expect(down.stderr).toContain(`✓ thor  ${added} taken back`);
  expect(between['thor']).not.toBe(added);
  expect(between['potter']).toBe(added);
  expect(plan.status).toBe(3);
  expect(plan.stdout).toContain('alter table poll add column color text');
  expect(plan.stdout).toContain('ACCESS EXCLUSIVE');
  expect(up.status).toBe(0);
  expect(up.stderr).toContain(`✓ thor  ${added} OK`);
  expect(up.stdout).toMatch(/succeeded in .*: 1 migrated, 0 failed, 0 skipped of 1\n$/);
  expect((await versions())['thor']).toBe(added);
});

test('who leaves a run with Ctrl-C can watch the rest of it, and the run ends as if nobody had left', async () => {
  await tenantry('migrate down --all --steps 1 --yes');
  const words = 'migrate up --all --canary thor --wave-pause 2 --yes';
  const first = startCommand(withData(words), project.root);
  await first.until(/✓ thor/);
  first.process.kill('SIGINT');
  const left = await first.finished;
  const [, watch = ''] = /tenantry (runs watch run_\w+)/.exec(left.stderr) ?? [];
  const rest = await tenantry(watch);

  expect(left.status).toBe(130);
  expect(left.stderr).toMatch(/tenantry runs cancel run_\w+/);
  expect(rest.status).toBe(0);
  expect(rest.stderr).toContain(`✓ potter  ${added} OK`);
  expect(await versions()).toEqual({ thor: added, potter: added });
});

test('what a run changed is taken back and applied again, and each is an event a line', async () => {
  const listed = JSON.parse((await tenantry('runs list --json')).stdout) as {
    runs: { id: string }[];
  };
  const undo = await tenantry(`migrate undo ${listed.runs[0]?.id} --yes -o ndjson`);
  const back = await versions();
  const up = await tenantry('migrate up --all --yes -o ndjson');
  const events = up.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; targets?: number; to?: string });

  expect(undo.status).toBe(0);
  expect(Object.values(back)).not.toContain(added);
  expect(events.map(({ type }) => type)).toEqual([
    'run.started',
    'tenant.done',
    'tenant.done',
    'run.finished',
  ]);
  expect(events[0]?.targets).toBe(2);
  expect(events[1]?.to).toBe(added);
  expect(up.stderr).toBe('');
});

test('a tenant that fails is named with place and reason and ends the command with 5; after the repair a retry touches only it', async () => {
  writeFileSync(
    join(project.root, 'unfit.ts'),
    `export default async ({ db }: any) => {
       await db.insertInto('poll').values({ question: 'unfit' }).execute();
     };`,
  );
  writeFileSync(
    join(project.root, 'repair.ts'),
    `export default async ({ db }: any) => {
       await db.deleteFrom('poll').where('question', '=', 'unfit').execute();
     };`,
  );
  await tenantry('migrate down --all --steps 1 --yes');
  await tenantry('run ./unfit.ts potter');
  const up = await tenantry('migrate up --all --canary thor --yes');
  const [, retry = ''] = /tenantry (migrate retry run_\w+)/.exec(up.stderr) ?? [];
  await tenantry('run ./repair.ts potter');
  const retried = await tenantry(retry);

  expect(up.status).toBe(5);
  expect(up.stderr).toContain(`✕ potter  ${added}, statement 2, line 2 (rolled back)`);
  expect(up.stderr).toContain('    alter table poll add constraint poll_is_fit');
  expect(up.stderr).toMatch(/SQLSTATE 23514 .*poll_is_fit/);
  expect(up.stderr.trimEnd().split('\n').at(-1)).toBe('1 of 2 tenants failed: potter');
  expect(retried.status).toBe(0);
  expect(retried.stderr).not.toContain('thor');
  expect(retried.stdout).toContain('1 migrated, 0 failed, 0 skipped of 1');
  expect(await versions()).toEqual({ thor: added, potter: added });
});

test('a run for the night waits, is listed, and can be cancelled', async () => {
  await tenantry('migrate down thor --steps 1 --yes');
  const scheduled = await tenantry('migrate up thor --at 2099-12-24T22:30:00Z');
  const [, id = ''] = /runs watch (run_\w+)/.exec(scheduled.stderr) ?? [];
  const list = await tenantry('runs list');
  const cancelled = await tenantry(`runs cancel ${id}`);

  expect(scheduled.status).toBe(0);
  expect(scheduled.stdout).toContain('starts 2099-12-24T22:30:00.000Z');
  expect(list.stdout).toMatch(new RegExp(`^${id} +scheduled`, 'm'));
  expect(cancelled.stdout).toContain('cancelled');
  expect((await versions())['thor']).not.toBe(added);
  await tenantry('migrate up thor');
});

test("history, check and a refused mark go by the tenant's own ledger and tables", async () => {
  const status = await tenantry('migrate status thor');
  const history = await tenantry('migrate history thor');
  const check = await tenantry('migrate check --all');
  const mark = await tenantry(`migrate mark thor ${added} --pending --reason test`);

  expect(status.stdout).toMatch(new RegExp(`^${added} +✓ applied`, 'm'));
  expect(history.stdout).toMatch(new RegExp(`^${added} .*applied .*run_`, 'm'));
  expect([check.status, check.stdout]).toEqual([0, expect.stringContaining('0 differences')]);
  expect([mark.status, mark.stderr]).toEqual([7, expect.stringContaining('MIGRATION_MISMATCH')]);
});

/** Puts a tenant's schema back to before `added`, as a restore does that the catalog knows nothing of. */
async function restore(slug: string): Promise<void> {
  const { stdout } = await tenantry(`run ${slug} -- printenv PGHOST PGPORT PGDATABASE PGUSER`);
  const [host = '', server = '', database = '', schema = ''] = stdout
    .trim()
    .split('\n')
    .map((line) => line.replace(/^\[\w+\] /, ''));
  const superuser = await readSuperuser(project.dataDir);
  const dialect = pgDialect({ host, port: Number(server), database, ...superuser });
  const db = new Kysely<unknown>({ dialect });
  try {
    const poll = sql.table(`${schema}.poll`);
    await sql`alter table ${poll} drop constraint poll_is_fit, drop column color`.execute(db);
    await sql`delete from ${sql.table(`${schema}.tenantry_ledger`)} where id = ${added}`.execute(
      db,
    );
  } finally {
    await db.destroy();
  }
}

test('after a restore of a single tenant one command reads all ledgers, names whom the catalog was wrong about, and brings up exactly that one', async () => {
  await restore('thor');
  const check = await tenantry('migrate check --all');
  const believing = await tenantry('migrate up --all --yes');
  const up = await tenantry('migrate up --all --verify --yes');

  expect(check.status).toBe(3);
  expect(check.stdout).toMatch(/^thor +version in the catalog +different .*1 pending +polls/m);
  expect([believing.status, believing.stdout]).toEqual([0, 'Nothing is pending.\n']);
  expect(up.status).toBe(0);
  expect(up.stderr).toMatch(
    new RegExp(`^catalog set right: thor was ${added}, is polls/\\w+, 1 pending$`, 'm'),
  );
  expect(up.stderr).toContain('1 tenant to change, 1 as they would be');
  expect(up.stdout).toMatch(/: 1 migrated, 0 failed, 0 skipped of 1\n$/);
  expect((await tenantry('migrate check --all')).status).toBe(0);
});

test('a tenant that is named is brought up whatever the catalog says of it, and a selection can go by the ledgers', async () => {
  await restore('potter');
  const believing = await tenantry('targets --behind --json');
  const behind = await tenantry('targets --behind --verify --json');
  const dry = await tenantry('migrate up --behind --dry-run');
  await tenantry('migrate up potter');
  await restore('potter');
  const up = await tenantry('migrate up potter --json');

  expect(JSON.parse(believing.stdout)).toMatchObject({ targets: [] });
  expect(JSON.parse(behind.stdout)).toMatchObject({
    targets: [{ name: 'potter' }],
    verified: { checked: 2, corrected: [{ slug: 'potter', from: added, pending: 1 }], unread: [] },
  });
  expect(dry.stdout).toMatch(/^potter /m);
  expect(JSON.parse(up.stdout)).toMatchObject({
    run: { migrated: 1, corrected: [{ slug: 'potter', from: added, pending: 1 }] },
  });
  expect((await tenantry('migrate check --all')).status).toBe(0);
});

test('a script runs as each tenant, and any program behind -- gets that tenant alone', async () => {
  writeFileSync(
    join(project.root, 'count.ts'),
    `import { script } from '@tenantry/database';
     import type { PollsTenantTables } from '@tenantry/polls';
     export default script<PollsTenantTables>(async ({ db, tenant, log }) => {
       const polls = await db.selectFrom('poll').select('id').execute();
       log(tenant.slug + ' ' + polls.length + ' ' + typeof polls[0]?.id);
     });`,
  );
  const code = `const { Client } = require('${repository}/node_modules/pg');
    const client = new Client(process.env.DATABASE_URL);
    client.connect().then(() => client.query('select current_user::text as name, count(*)::int as polls from poll'))
      .then(({ rows }) => console.log(JSON.stringify(rows[0]))).then(() => client.end());`;
  const script = await tenantry('run ./count.ts --all --yes');
  const program = await runCommand(
    [...withData('run thor'), '--', process.execPath, '-e', code],
    project.root,
  );

  expect(script.status).toBe(0);
  expect(script.stdout.trim().split('\n').toSorted()).toEqual([
    expect.stringMatching(/^\[potter\] potter \d+ bigint$/),
    expect.stringMatching(/^\[thor\] thor \d+ bigint$/),
  ]);
  expect(program.status).toBe(0);
  expect(program.stdout).toMatch(/^\[thor\] \{"name":"t_\w+","polls":\d+\}\n$/);
});

test('an administrator is made from standard input and can sign in at that tenant only', async () => {
  const password = 'correct horse battery';
  const create = startCommand(
    withData('admin create thor --name chief --password-stdin'),
    project.root,
    { input: password },
  );
  const { status, stdout, stderr } = await create.finished;
  const signIn = (slug: string) =>
    httpRequest({
      port,
      host: `${slug}.localhost`,
      path: '/sessions',
      method: 'POST',
      body: { username: 'chief', password },
    });

  expect([status, stdout]).toEqual([0, 'chief is an administrator of thor\n']);
  expect(stdout + stderr).not.toContain(password);
  expect((await signIn('thor')).status).toBe(201);
  expect((await signIn('potter')).status).toBe(401);
});

test('a recorded tenant is provisioned by the run that needs it', async () => {
  await tenantry('tenant create ghost --name Ghost --no-provision --yes');
  const refused = await tenantry('migrate up ghost');
  const made = await tenantry('migrate up ghost --create-missing');

  expect(refused.status).toBe(7);
  expect(refused.stderr).toContain('tenantry tenant create ghost');
  expect(made.status).toBe(0);
  expect(made.stderr).toContain('✓ ghost  provisioned');
  expect((await versions())['ghost']).toBe(added);
});
