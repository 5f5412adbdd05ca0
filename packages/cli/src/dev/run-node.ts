import { spawn } from 'node:child_process';

/** What to run with this process' own Node. */
export interface RunNodeOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Ends the process. */
  readonly signal: AbortSignal;
}

/** How a process ended and what it wrote. */
export interface EndedProcess {
  /** Exit status, or the name of the signal that ended it. */
  readonly status: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program in a Node process of its own and waits for its end. */
export function runNode(
  args: readonly string[],
  { cwd, env, signal }: RunNodeOptions,
): Promise<EndedProcess> {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => void child.kill();
  if (signal.aborted) end();
  signal.addEventListener('abort', end, { once: true });
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (written[name] += text));
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signalName) => {
      signal.removeEventListener('abort', end);
      resolve({ status: code ?? signalName ?? 'unknown', ...written });
    });
  });
}
