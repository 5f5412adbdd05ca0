import type { Answers, Question } from '../ask.ts';

/** What the flags of `tenant create` say about a database that the customer brings along; undefined where they do not. */
export interface DatabaseFlags {
  readonly dbHost?: string | undefined;
  readonly dbPort?: string | undefined;
  readonly dbName?: string | undefined;
  readonly dbUser?: string | undefined;
  /** Read the password from standard input. */
  readonly dbPasswordStdin?: true | undefined;
  readonly dbTls?: 'verify' | 'off' | undefined;
  /** A file with the certificate of the server's authority. */
  readonly dbTlsCa?: string | undefined;
  readonly createDatabase?: boolean | undefined;
}

/** Whether a flag says that the customer brings a database along. */
export function bringsDatabase(flags: DatabaseFlags): boolean {
  const { dbHost, dbPort, dbName, dbUser, dbPasswordStdin, dbTls, dbTlsCa, createDatabase } = flags;
  const said = [dbHost, dbPort, dbName, dbUser, dbPasswordStdin, dbTls, dbTlsCa, createDatabase];
  return said.some((value) => value !== undefined);
}

/** What is asked about the database of a tenant that has one of its own. */
export function databaseQuestions(
  given: DatabaseFlags & { readonly isolation?: string | undefined },
): Question[] {
  const isBrought = bringsDatabase(given);
  const isOwn = (answers: Answers) => (given.isolation ?? answers['isolation']) === 'database';
  const isAsked = (answers: Answers) =>
    isBrought || (isOwn(answers) && answers['place'] === 'bring');
  const details = detailQuestions(given).map((question) => ({ ...question, isAsked }));
  return [{ ...place, isAsked: (answers) => !isBrought && isOwn(answers) }, ...details];
}

const place: Question = {
  kind: 'select',
  name: 'place',
  flag: '--db-host HOST',
  message: "Use the platform's cluster or bring a database?",
  isRequired: false,
  choices: [
    { value: 'platform', hint: 'a new database on a cluster of the platform' },
    { value: 'bring', hint: "on the customer's own server" },
  ],
};

function detailQuestions({ dbPasswordStdin }: DatabaseFlags): Question[] {
  const text = { kind: 'text', isRequired: true } as const;
  return [
    { ...text, name: 'dbHost', flag: '--db-host HOST', message: 'Host of the server' },
    {
      kind: 'text',
      name: 'dbPort',
      flag: '--db-port PORT',
      message: 'Port (Enter: 5432)',
      isRequired: false,
      validate: findPortFault,
    },
    { ...text, name: 'dbName', flag: '--db-name NAME', message: 'Name of the database' },
    {
      ...text,
      name: 'dbUser',
      flag: '--db-user USER',
      message: 'User who may make roles there, and the database if it is new',
    },
    ...(dbPasswordStdin === true ? [] : [password]),
    {
      kind: 'confirm',
      name: 'createDatabase',
      flag: '--create-database or --no-create-database',
      message: 'Create the database now?',
      isRequired: true,
      initialValue: true,
    },
  ];
}

const password: Question = {
  kind: 'password',
  name: 'dbPassword',
  flag: '--db-password-stdin',
  message: 'Password of that user',
  isRequired: true,
};

/** Says why a port does not fit; undefined for one that does. */
export function findPortFault(port: string): string | undefined {
  const isPort = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
  return isPort ? undefined : 'a port is a number from 1 to 65535';
}
