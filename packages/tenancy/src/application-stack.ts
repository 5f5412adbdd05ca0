/** The name of the stack that holds a dedicated tenant's cluster and application. */
export function applicationStackName(stage: string, tenantId: string): string {
  return `${applicationStackPrefix(stage)}${tenantId}`;
}

/** What the names of all dedicated tenants' stacks begin with; the tenant's id follows. */
export function applicationStackPrefix(stage: string): string {
  return `tenantry-${stage}-t-`;
}
