/** What the process ends with, so that a script can tell the reasons apart. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** There is a difference: of a check, or with `--exit-code`. */
  difference: 3,
  /** Something must be asked and nobody can be asked here. */
  inputNeeded: 4,
  /** Some tenants of a run failed, others did not. */
  someFailed: 5,
  notFound: 6,
  /** It exists already, or another workflow holds it. */
  conflict: 7,
  notAllowed: 8,
  interrupted: 130,
} as const;

/** One of the numbers of `exitCodes`. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** The line of all help texts that says what the numbers mean. */
export const exitCodesHelp =
  'Exit codes: 0 ok, 1 failed, 2 usage, 3 difference, 4 input needed, 5 some tenants failed, 6 not found, 7 conflict, 8 not allowed, 130 interrupted';
