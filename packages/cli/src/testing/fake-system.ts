import { PassThrough } from 'node:stream';
import type { ControlError, TenantView } from '@tenantry/tenancy';
import type { CliContext } from '../context.ts';
import { CliError } from '../cli-error.ts';
import { runCli } from '../run-cli.ts';
import { toCliError } from '../system/control-failure.ts';
import type {
  ExecutionOutcome,
  FailedTry,
  FinishedState,
  Platform,
  PlatformAction,
  PlatformActions,
} from '../system/platform.ts';

type Answers = {
  readonly [Action in PlatformAction]?: (
    input: PlatformActions[Action]['input'],
  ) => PlatformActions[Action]['result'];
};

/** What a fake system answers, and who sits in front of it. */
export interface FakeSystemOptions {
  readonly tenants?: readonly TenantView[];
  /** Actions that answer otherwise than the catalog of `tenants` would. */
  readonly answers?: Answers;
  /** How every execution ends. @default a success */
  readonly outcome?: ExecutionOutcome;
  /** The states that an execution reports. */
  readonly states?: readonly FinishedState[];
  /** The failed tries that it reports before its states. */
  readonly failedTries?: readonly FailedTry[];
  /** How often an execution is found running before it ends. @default 0 */
  readonly looks?: number;
  /** What the platform says of itself. */
  readonly platform?: Partial<Pick<Platform, 'place' | 'postgres'>>;
  /** Text on standard input, which ends behind it. */
  readonly input?: string;
  /** Aborted by Ctrl-C. */
  readonly interrupted?: AbortSignal;
  /** Whether a person sits at the terminal. @default false */
  readonly isTerminal?: boolean;
  readonly env?: CliContext['env'];
  /** Working directory. @default / */
  readonly cwd?: string;
}

/** What one command line left behind. */
export interface FakeResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the control function was asked, in order. */
  readonly calls: readonly { readonly action: string; readonly input: unknown }[];
}

/** A tenant as the catalog shows it, with whatever a test cares about. */
export function tenantView(differences: Partial<TenantView> = {}): TenantView {
  const slug = differences.slug ?? 'acme';
  return {
    id: `0123456789${slug}`,
    slug,
    name: 'ACME',
    status: 'active',
    isolation: 'schema',
    pool: null,
    cluster: 'main',
    stack: null,
    database: null,
    domains: [`${slug}.localhost`],
    version: 'polls/0002_votes',
    fields: {},
    createdAt: '2026-11-21T08:11:00.000Z',
    statusSince: '2026-11-21T08:14:00.000Z',
    failure: null,
    suspension: null,
    execution: null,
    ...differences,
  };
}

/** Refuses an action as the control function does. */
export function refuse(error: ControlError): () => never {
  return () => {
    throw toCliError(error);
  };
}

/** Runs a command line (words parted by spaces, or a list) against a fake system; `keys` are typed one after the other at its terminal. */
export async function runAgainst(
  options: FakeSystemOptions,
  commandLine: string | readonly string[],
  keys: readonly string[] = [],
): Promise<FakeResult> {
  const calls: { action: string; input: unknown }[] = [];
  const stdout = captured(false);
  const stderr = captured(options.isTerminal === true);
  const stdin = keyboard(keys, options.isTerminal === true, stderr.stream);
  if (options.input !== undefined) stdin.end(options.input);
  const argv = typeof commandLine === 'string' ? commandLine.split(' ') : commandLine;
  const exitCode = await runCli(argv, {
    env: { NO_COLOR: '1', ...options.env },
    cwd: options.cwd ?? '/',
    stdin,
    stdout: stdout.stream,
    stderr: stderr.stream,
    actor: 'operator@example.com',
    interrupted: options.interrupted ?? new AbortController().signal,
    connect: () => Promise.resolve(fakePlatform(options, calls)),
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), calls };
}

function fakePlatform(
  options: FakeSystemOptions,
  calls: { action: string; input: unknown }[],
): Platform {
  const { tenants = [], outcome = { status: 'SUCCEEDED' } } = options;
  return {
    stage: 'local',
    region: 'us-east-1',
    place: {},
    postgres: undefined,
    ...options.platform,
    call: async (action, input) => {
      calls.push({ action, input });
      const answer = options.answers?.[action] ?? catalogAnswers(tenants)[action];
      if (answer === undefined) throw new Error(`the fake system has no answer to ${action}`);
      return answer(input);
    },
    watch: async (_, { onState, onFailedTry, onRunning, signal, next }) => {
      for (const failure of options.failedTries ?? []) onFailedTry?.(failure);
      for (const state of options.states ?? []) onState?.(state);
      for (let look = 0; look < (options.looks ?? 0); look += 1) {
        await onRunning?.();
        if (signal.aborted)
          throw new CliError('INTERRUPTED', 'Interrupted.', { exitCode: 130, next: [next] });
      }
      return outcome;
    },
    close: () => undefined,
  };
}

function catalogAnswers(tenants: readonly TenantView[]): Answers {
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:machine:name';
  const getTenant = (reference: string): TenantView => {
    const tenant = tenants.find(({ slug, id }) => slug === reference || id === reference);
    return tenant ?? refuse({ code: 'TENANT_NOT_FOUND', message: `No tenant "${reference}".` })();
  };
  return {
    'create-tenant': ({ slug }) => ({ slug, executionArn }),
    'list-tenants': () => ({ tenants }),
    'show-tenant': ({ reference }) => ({ tenant: getTenant(reference) }),
    'suspend-tenant': ({ reference }) => ({ tenant: getTenant(reference), executionArn }),
    'resume-tenant': ({ reference }) => ({ tenant: getTenant(reference), executionArn }),
    'delete-tenant': ({ reference }) => ({ tenant: getTenant(reference), executionArn }),
  };
}

function captured(isTTY: boolean): { stream: PassThrough & { isTTY: boolean }; text(): string } {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 100 });
  let text = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return { stream, text: () => (stream.read(), text) };
}

/** A keyboard that types the next key whenever the terminal shows something new. */
function keyboard(
  keys: readonly string[],
  isTTY: boolean,
  screen: PassThrough,
): PassThrough & { isTTY: boolean } {
  const stream = Object.assign(new PassThrough(), { isTTY, setRawMode: () => stream });
  const left = [...keys];
  screen.on('data', () => {
    const key = left.shift();
    if (key !== undefined) setImmediate(() => stream.write(key));
  });
  return stream;
}
