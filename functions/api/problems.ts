import { ProblemError, type Problem } from '@tenantry/middleware';

/** Nobody is signed in, or not at this tenant, or not any more: which of these it is stays unsaid. */
export function notSignedIn(): ProblemError {
  const detail = 'This needs a token of this host: POST /sessions gives one.';
  return unauthorized({ code: 'TOKEN_REFUSED', detail });
}

/** The same for an unknown user name and a wrong password. */
export function signInRefused(): ProblemError {
  const detail = 'No account has this user name and this password.';
  return unauthorized({ code: 'SIGN_IN_REFUSED', detail });
}

/** Too many sign-ins of this user name failed; whether there is such an account stays unsaid. */
export function signInThrottled(retryAfterSeconds: number): ProblemError {
  return new ProblemError({
    status: 429,
    code: 'SIGN_IN_THROTTLED',
    title: 'Too Many Requests',
    detail: 'Too many sign-ins of this user name failed; try again later.',
    headers: { 'retry-after': String(retryAfterSeconds) },
  });
}

function unauthorized(problem: Pick<Problem, 'code' | 'detail'>): ProblemError {
  const headers = { 'www-authenticate': 'Bearer' };
  return new ProblemError({ status: 401, title: 'Unauthorized', headers, ...problem });
}

/** Somebody has this user name already. */
export function usernameTaken(): ProblemError {
  const detail = 'This user name is taken; choose another.';
  return new ProblemError({ status: 409, code: 'USERNAME_TAKEN', title: 'Conflict', detail });
}

/** No poll of this tenant has the id. */
export function pollNotFound(): ProblemError {
  const detail = 'There is no such poll.';
  return new ProblemError({ status: 404, code: 'POLL_NOT_FOUND', title: 'Not Found', detail });
}

/** The poll is somebody else's. */
export function notTheCreator(): ProblemError {
  const detail = 'Only the account that created a poll may change it.';
  return new ProblemError({ status: 403, code: 'NOT_THE_CREATOR', title: 'Forbidden', detail });
}

/** One vote per account and poll. */
export function alreadyVoted(): ProblemError {
  const detail = 'This account has voted in this poll already.';
  return new ProblemError({ status: 409, code: 'ALREADY_VOTED', title: 'Conflict', detail });
}

/** A field of the body names something that is not there. */
export function bodyInvalid(path: string, message: string): ProblemError {
  return new ProblemError({
    status: 422,
    code: 'BODY_INVALID',
    title: 'Unprocessable Content',
    detail: 'The body does not fit.',
    errors: [{ path, message }],
  });
}
