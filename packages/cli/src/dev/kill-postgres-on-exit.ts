/**
 * Takes PostgreSQL along when this process ends without closing it, as the second Ctrl-C does: an immediate shutdown, from which the
 * next start recovers. A server that is not ours has no process id here and is left alone. The result takes the order back.
 */
export function killPostgresOnExit({ pid }: { readonly pid: number }): () => void {
  const kill = (): void => {
    try {
      if (pid > 1) process.kill(pid, 'SIGQUIT');
    } catch (error) {
      // ESRCH: it ended by itself in the meantime.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  };
  process.once('exit', kill);
  return () => void process.off('exit', kill);
}
