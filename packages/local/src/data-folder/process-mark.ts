import { readFileSync } from 'node:fs';

/** A process, told apart from a later one that got the same number. */
export interface ProcessMark {
  readonly pid: number;
  /** When the process began, in the system's own count; undefined where the system does not tell. */
  readonly pidStart?: string;
}

/** The mark of this process. */
export function currentProcessMark(): ProcessMark {
  return markProcess(process.pid);
}

/** The mark of the process that now has this number. */
export function markProcess(pid: number): ProcessMark {
  const pidStart = findStart(pid);
  return pidStart === undefined ? { pid } : { pid, pidStart };
}

/** Whether the marked process still runs. */
export function isRunning({ pid, pidStart }: ProcessMark): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || !exists(pid)) return false;
  const start = findStart(pid);
  return pidStart === undefined || start === undefined || start === pidStart;
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Only Linux has this file; elsewhere the number alone must do. */
function findStart(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the command in parentheses and may hold blanks; the start time is the 22nd.
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return start === undefined ? undefined : `${boot}-${start}`;
  } catch {
    return undefined;
  }
}
