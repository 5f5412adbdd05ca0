/** Whether a statement failed because its session was ended: in PostgreSQL's word, or in the driver's where it heard before it sent anything. */
export function isSessionEnded(error: Error & { readonly code?: string }): boolean {
  const lost = [
    'Connection terminated unexpectedly',
    'Client has encountered a connection error and is not queryable',
  ];
  return error.code === '57P01' || lost.includes(error.message);
}
