import { CliError } from '../cli-error.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import type { TaskResult } from '../tasks/for-each-tenant.ts';

const namesInLastLine = 5;

/** Shows what a task writes and how it ends, tenant by tenant. */
export interface TaskReport {
  readonly line: (tenant: string, line: string) => void;
  readonly result: (result: TaskResult) => void;
  /** Writes the end, and gives the exit code. Throws `CliError` INTERRUPTED when tenants were left out. */
  close(results: readonly TaskResult[]): ExitCode;
}

/** A report on standard output: `[slug] line` for people, an event a line under `-o ndjson`, one object under `-o json`. */
export function openTaskReport(tenants: readonly string[], session: Session): TaskReport {
  const lines = new Map<string, string[]>();
  return {
    line: (tenant, line) => {
      if (session.format === 'ndjson') session.printJson({ type: 'tenant.line', tenant, line });
      else if (session.format === 'json') lines.set(tenant, [...(lines.get(tenant) ?? []), line]);
      else session.print(`[${tenant}] ${line}`);
    },
    result: (result) => {
      const { tenant, status, milliseconds, ...reason } = result;
      if (session.format === 'ndjson')
        session.printJson({ type: `tenant.${status}`, tenant, ms: milliseconds, ...reason });
      else if (status === 'failed') session.say(formatFailure(result, session));
    },
    close: (results) => {
      const failed = results.filter(({ status }) => status === 'failed');
      if (session.format === 'json') {
        const toJson = (result: TaskResult) => ({
          ...result,
          lines: lines.get(result.tenant) ?? [],
        });
        session.printJson({ tenants: results.map(toJson) });
      }
      if (results.length < tenants.length) throw interrupted(tenants, results);
      session.say(lastLine(failed, tenants.length));
      if (failed.length === 0) return exitCodes.ok;
      return failed.length < tenants.length ? exitCodes.someFailed : exitCodes.failed;
    },
  };
}

function formatFailure({ tenant, message, sqlstate }: TaskResult, session: Session): string {
  const state = sqlstate === undefined ? '' : `SQLSTATE ${sqlstate}  `;
  return `${session.paint('red', '✕')} ${tenant}  ${state}${message ?? ''}`;
}

function lastLine(failed: readonly TaskResult[], total: number): string {
  if (failed.length === 0) return `${total} done`;
  const names = failed.slice(0, namesInLastLine).map(({ tenant }) => tenant);
  const more = failed.length > names.length ? `, and ${failed.length - names.length} more` : '';
  return `${failed.length} of ${total} tenants failed: ${names.join(', ')}${more}`;
}

function interrupted(tenants: readonly string[], results: readonly TaskResult[]): CliError {
  const done = new Set(results.map(({ tenant }) => tenant));
  const left = tenants.filter((tenant) => !done.has(tenant));
  return new CliError(
    'INTERRUPTED',
    `Interrupted: ${results.length} of ${tenants.length} tenants done.`,
    {
      exitCode: exitCodes.interrupted,
      next: [`tenantry run ... ${left.slice(0, namesInLastLine).join(' ')}   and whoever is left`],
    },
  );
}
