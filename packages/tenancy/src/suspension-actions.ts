import type { TenantView } from './tenant-view.ts';

/** What the control function can be asked about shutting tenants out and letting them in again. */
export interface SuspensionActions {
  /**
   * Takes an active tenant out of routing at once and starts `suspend-tenant`, or goes on with what another call has begun. Throws
   * `SuspensionRefusedError` for a tenant that is not served yet, or not any more, and `TenantBusyError` for one that is being resumed.
   */
  'suspend-tenant': {
    readonly input: {
      readonly reference: string;
      /** Why, in at most 200 characters; an active tenant needs one, and a suspended one keeps what it has. */
      readonly reason?: string | undefined;
      readonly actor: string;
    };
    readonly result: SuspensionAnswer;
  };
  /** Starts `resume-tenant`, or goes on with what another call has begun; throws likewise. */
  'resume-tenant': {
    readonly input: { readonly reference: string; readonly actor: string };
    readonly result: SuspensionAnswer;
  };
}

/** The tenant as it is now; `executionArn` is null when it is as wanted already. */
export interface SuspensionAnswer {
  readonly tenant: TenantView;
  readonly executionArn: string | null;
}
