const longestMs = 60_000;

/** The result of work at somebody else's server; throws when it takes longer than a minute: one server must not take the time of all others. */
export async function inTime<Result>(work: Promise<Result>): Promise<Result> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new Error(`it did not answer within ${longestMs / 1000} s`));
  }, longestMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
