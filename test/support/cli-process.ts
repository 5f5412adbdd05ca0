import { spawn, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../packages/cli/bin/tenantry.mjs', import.meta.url));

/** Commands, and the syntheses that they start, do not compile anew what others compiled. */
const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache') };

/** A finished `tenantry` command. */
export interface FinishedCommand {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `tenantry` command that runs. */
export interface RunningCommand {
  readonly process: ChildProcess;
  readonly finished: Promise<FinishedCommand>;
  /** Waits until the output matches; throws with all output when the command ends before. */
  until(pattern: RegExp): Promise<void>;
}

/** Starts a command without a terminal; its standard input holds `input`, or nothing. */
export function startCommand(
  args: readonly string[],
  cwd: string,
  { input }: { readonly input?: string } = {},
): RunningCommand {
  const child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: 'pipe' });
  child.stdin.end(input);
  const output = { stdout: '', stderr: '' };
  const watchers = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (chunk: Buffer) => {
      output[name] += chunk.toString();
      for (const watcher of watchers) watcher();
    });
  }
  const finished = new Promise<FinishedCommand>((resolve) => {
    child.once('close', (status) => resolve({ status, ...output }));
  });
  const until = async (pattern: RegExp): Promise<void> => {
    const matched = new Promise<void>((resolve) => {
      const watcher = () => {
        if (!pattern.test(output.stdout + output.stderr)) return;
        watchers.delete(watcher);
        resolve();
      };
      watchers.add(watcher);
      watcher();
    });
    const ended = finished.then(({ status }) => {
      throw new Error(`ended with ${status} before ${pattern}:\n${output.stdout}${output.stderr}`);
    });
    await Promise.race([matched, ended]);
  };
  return { process: child, finished, until };
}

/** Runs a command to its end. */
export async function runCommand(args: readonly string[], cwd: string): Promise<FinishedCommand> {
  return await startCommand(args, cwd).finished;
}

/** A port on 127.0.0.1 that nobody has right now. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
