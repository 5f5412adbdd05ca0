import type { RunFailureView, RunView } from '@tenantry/tenancy';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { countOf } from '../output/count-of.ts';
import type { Session } from '../session.ts';
import { summarizeRun } from './describe-run.ts';
import { finishedEvent } from './event-stream.ts';

const namesInLastLine = 5;

/** Writes how a run ended: the summary, each failure with its place and reason, what to type next. Gives the exit code. */
export function reportRun(run: RunView, session: Session): ExitCode {
  if (session.format === 'json') session.printJson({ run });
  else if (session.format === 'ndjson') session.printJson(finishedEvent(run));
  else session.print(summarizeRun(run));
  for (const failure of run.failures) session.say(`\n${formatFailure(failure, session)}`);
  if (run.failed > run.failures.length)
    session.say(`\n${run.failed - run.failures.length} more: tenantry runs show ${run.id} -o json`);
  const next = nextCommands(run);
  if (next.length > 0) session.say(`\n${next.map((line) => `  do  ${line}`).join('\n')}`);
  if (run.failed > 0) session.say(`\n${lastLine(run)}`);
  return exitCodeOf(run);
}

/** 0 for a run that did all it was for, 5 when some tenants failed and others did not, else 1. */
export function exitCodeOf(run: RunView): ExitCode {
  if (run.failed > 0) return run.failed < run.total ? exitCodes.someFailed : exitCodes.failed;
  const isGood =
    run.status === 'succeeded' || run.status === 'running' || run.status === 'scheduled';
  return isGood ? exitCodes.ok : exitCodes.failed;
}

function formatFailure(failure: RunFailureView, session: Session): string {
  const { slug, migration, statement, line, sqlstate, message, detail, hint, sql } = failure;
  const place = [
    ...(migration === null ? [] : [migration]),
    ...(statement === null ? [] : [`statement ${statement}`]),
    ...(line === null ? [] : [`line ${line}`]),
  ].join(', ');
  return [
    `${session.paint('red', '✕')} ${slug}${place === '' ? '' : `  ${place}`} (rolled back)`,
    ...(sql === null ? [] : [indent(sql, '    ')]),
    `    ${sqlstate === null ? '' : `SQLSTATE ${sqlstate}  `}${message}`,
    ...(detail === null ? [] : [indent(detail, '    detail  ')]),
    ...(hint === null ? [] : [indent(hint, '    hint    ')]),
  ].join('\n');
}

function indent(text: string, start: string): string {
  return `${start}${text.trim().replaceAll('\n', `\n${' '.repeat(start.length)}`)}`;
}

function nextCommands({ id, status, failed, migrated, skipped, change }: RunView): string[] {
  if (status === 'paused') return [`tenantry runs resume ${id}`, `tenantry runs cancel ${id}`];
  if (failed === 0) return [];
  return [
    `tenantry migrate retry ${id}        after the repair, for the failed tenants only`,
    ...(skipped > 0 && change.kind === 'up'
      ? [
          `tenantry migrate up --behind        for the ${countOf(skipped, 'tenant')} that it left alone`,
        ]
      : []),
    ...(migrated > 0 && change.kind === 'up'
      ? [`tenantry migrate undo ${id}         brings the changed tenants back`]
      : []),
  ];
}

function lastLine({ failed, total, failures }: RunView): string {
  const names = failures.slice(0, namesInLastLine).map(({ slug }) => slug);
  const more = failed > names.length ? `, and ${failed - names.length} more` : '';
  return `${failed} of ${total} tenants failed: ${names.join(', ')}${more}`;
}
