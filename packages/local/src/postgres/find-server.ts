import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hasErrorCode } from './error-code.ts';
import { isAlive } from './stop-server.ts';

/** A running server of a cluster. */
export interface FoundServer {
  readonly pid: number;
  /** The process that started it, or the one that inherited it when that died. */
  readonly parentPid: number;
}

/**
 * The server that runs on this cluster now, according to `postmaster.pid`, or undefined. A file left by a server that is gone, or
 * whose process id belongs to another program by now, counts as none.
 */
export function findServer(clusterDir: string): FoundServer | undefined {
  const file = join(clusterDir, 'postmaster.pid');
  if (!existsSync(file)) return undefined;
  const [pidLine, dirLine] = readFileSync(file, 'utf8').split('\n');
  const pid = Number(pidLine);
  if (!Number.isInteger(pid) || pid <= 1 || dirLine !== clusterDir || !isAlive(pid))
    return undefined;
  const found = process.platform === 'linux' ? readProc(pid) : askPs(pid);
  const isOurs =
    found !== undefined &&
    basename(found.program).startsWith('postgres') &&
    found.commandLine.includes(clusterDir);
  return isOurs ? { pid, parentPid: found.parentPid } : undefined;
}

interface FoundProcess {
  readonly program: string;
  readonly commandLine: string;
  readonly parentPid: number;
}

function readProc(pid: number): FoundProcess | undefined {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    const parent = /^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { program: readProgram(pid), commandLine, parentPid: Number(parent) };
  } catch (error) {
    // The process ended while we looked.
    if (hasErrorCode(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}

function readProgram(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch (error) {
    // The link of another user's process is closed to us; its name is not.
    if (hasErrorCode(error, 'EACCES', 'EPERM')) return readFileSync(`/proc/${pid}/comm`, 'utf8');
    throw error;
  }
}

function askPs(pid: number): FoundProcess | undefined {
  if (process.platform === 'win32') return undefined;
  const ps = spawnSync('ps', ['-o', 'ppid=,command=', '-p', String(pid)], { encoding: 'utf8' });
  const match = /^\s*(\d+)\s+(\S+)(.*)$/m.exec(ps.stdout);
  if (match === null) return undefined;
  const [, parentPid, program = '', rest = ''] = match;
  return { program, commandLine: program + rest, parentPid: Number(parentPid) };
}
