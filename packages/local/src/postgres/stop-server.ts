import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { LocalError } from '../errors.ts';
import { hasErrorCode } from './error-code.ts';

/** SIGINT ends a server in order and rolls open transactions back; SIGQUIT ends it at once, to recover at its next start. */
export interface ServerSignal {
  readonly signal: 'SIGINT' | 'SIGQUIT';
  /** The folder of `pg_ctl`, which sends the signal on Windows. */
  readonly binDir: string;
}

/** Whether a process with this id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasErrorCode(error, 'EPERM');
  }
}

/** Ends a server: in order (open transactions are rolled back), and when that takes too long at once. */
export async function stopServer(
  pid: number,
  { binDir, timeoutMs = 10_000 }: { binDir: string; timeoutMs?: number },
): Promise<void> {
  if (await endProcess(pid, { binDir, signal: 'SIGINT', timeoutMs })) return;
  if (await endProcess(pid, { binDir, signal: 'SIGQUIT', timeoutMs })) return;
  throw new LocalError('LOCAL_DATABASE_FAILED', `PostgreSQL (process ${pid}) does not end.`, {
    next: `end it yourself: kill -KILL ${pid}`,
  });
}

/** Sends the signal and waits for the process to end; false when it has not within the time. */
export async function endProcess(
  pid: number,
  options: ServerSignal & { timeoutMs: number },
): Promise<boolean> {
  signalServer(pid, options);
  const deadline = Date.now() + options.timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await delay(5);
  }
  return true;
}

/** Sends the signal to the server; nothing happens when it has ended already. */
export function signalServer(pid: number, options: ServerSignal): void {
  if (process.platform === 'win32') {
    // Windows has no signals; the server listens on a pipe that pg_ctl writes to.
    const name = options.signal.slice('SIG'.length);
    spawnSync(join(options.binDir, 'pg_ctl'), ['kill', name, String(pid)]);
    return;
  }
  try {
    process.kill(pid, options.signal);
  } catch (error) {
    if (!hasErrorCode(error, 'ESRCH')) throw error;
  }
}
