import {
  ServerNotReachedError,
  ServerRefusedError,
  type ServerLogin,
  type ServerRefusal,
} from '@tenantry/tenancy';
import { sqlStateOf } from '../sql-state.ts';

interface Refused {
  readonly refusal: ServerRefusal;
  readonly why: string;
  readonly next: string;
}

/** An error of a login or statement at a customer's server as one that says what to do; any other error comes back as it is. */
export function explainRefusal(
  error: unknown,
  login: ServerLogin & { readonly database: string },
): unknown {
  if (!(error instanceof Error)) return error;
  const refused = findRefusal(error, login);
  if (refused !== undefined) return new ServerRefusedError(login, refused, error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
  const isNetwork = /^(E[A-Z]+|timeout .*|Connection terminated.*)$/.test(code);
  return isNetwork && sqlStateOf(error) === undefined
    ? new ServerNotReachedError(login, code, error)
    : error;
}

function findRefusal(
  error: Error,
  { user, database }: { readonly user: string; readonly database: string },
): Refused | undefined {
  const state = sqlStateOf(error);
  const refusal = state === undefined ? undefined : refusals[state];
  if (refusal !== undefined) return refusal({ user, database, message: error.message });
  if (!isAboutTls(error)) return undefined;
  return {
    refusal: 'tls',
    why: `its certificate is not trusted (${error.message})`,
    next: "name the file with the authority's certificate (--db-tls-ca FILE), or the host that the certificate is for",
  };
}

type Explain = (facts: {
  readonly user: string;
  readonly database: string;
  readonly message: string;
}) => Refused;

const wrongLogin: Explain = ({ message }) => ({
  refusal: 'login',
  why: `the login was refused (${message})`,
  next: 'give the right user and password; nothing was changed',
});

/** By SQLSTATE. */
const refusals: Readonly<Record<string, Explain>> = {
  '28P01': wrongLogin,
  '28000': wrongLogin,
  '3D000': ({ database }) => ({
    refusal: 'database-missing',
    why: `database "${database}" does not exist`,
    next: 'give the name of one that does, or let it be made (--create-database)',
  }),
  '42501': ({ user, message }) => ({
    refusal: 'right-missing',
    why: `a right is missing (${message})`,
    next: `give user "${user}" that right, or name a user who has it (--db-user)`,
  }),
};

function isAboutTls(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : '';
  return /CERT|^ERR_TLS|^ERR_SSL|UNABLE_TO_/.test(code) || /SSL/.test(error.message);
}
