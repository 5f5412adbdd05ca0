import { userInfo } from 'node:os';
import type { CliContext } from './context.ts';
import { exitCodes } from './exit-codes.ts';

/** The context of the real process: its streams, its environment, its signals. */
export function processContext(): CliContext {
  endWithReader();
  return {
    env: process.env,
    cwd: process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    actor: findUserName(),
    interrupted: abortOnInterrupt(),
    connect: async (options) => {
      const { connect } = await import('./system/connect.ts');
      return connect(options);
    },
  };
}

/** When whoever reads our output has gone (`| head`), there is nothing left to say. */
function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(exitCodes.ok);
  });
}

/** A signal that the first SIGINT, SIGTERM or SIGHUP aborts; the second one ends the process at once. */
function abortOnInterrupt(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(exitCodes.interrupted);
      controller.abort(name);
    });
  }
  return controller.signal;
}

function findUserName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name.
    return `uid ${String(process.getuid?.())}`;
  }
}
