import type { Paint } from './paint.ts';

/** An error as people and programs get it. */
export interface ErrorReport {
  readonly code: string;
  readonly message: string;
  readonly where?: string;
  readonly why?: string;
  readonly missing: readonly string[];
  readonly next: readonly string[];
}

/** Code and sentence, then where, why, what is missing and what to do, a line each. */
export function formatError(report: ErrorReport, paint: Paint): string {
  const lines = [`${paint('red', '✕')} ${paint('bold', report.code)}  ${plain(report.message)}`];
  if (report.where !== undefined) lines.push(`  where    ${plain(report.where)}`);
  if (report.why !== undefined) lines.push(`  why      ${indent(plain(report.why))}`);
  if (report.missing.length > 0) lines.push(`  missing  ${plain(report.missing.join('   '))}`);
  report.next.forEach((next, index) =>
    lines.push(`  ${index === 0 ? 'do  ' : '    '}     ${plain(next)}`),
  );
  return lines.join('\n');
}

/** Somebody else's text without what moves a terminal's cursor or turns the direction of writing. */
function plain(text: string): string {
  return text.replaceAll(/(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '?');
}

/** The same as one line of JSON. */
export function formatErrorJson(report: ErrorReport): string {
  return JSON.stringify({
    v: 1,
    error: {
      code: report.code,
      message: report.message,
      ...(report.where === undefined ? {} : { where: report.where }),
      ...(report.why === undefined ? {} : { why: report.why }),
      ...(report.missing.length === 0 ? {} : { missing: report.missing }),
      next: report.next,
    },
  });
}

function indent(text: string): string {
  return text.trim().replaceAll('\n', `\n${' '.repeat(11)}`);
}
