/** One thing that a tenant tried against another one, and how it ended. */
export interface IsolationCell {
  readonly kind: string;
  readonly name: string;
  /** PostgreSQL's code of a refusal, `nothing`, or what was read. */
  readonly outcome: string;
  /** Whether the wall held. */
  readonly hasHeld: boolean;
}

/** What the function `isolation-check` can be asked: it logs in as tenants, and as nobody of the platform but the catalog's reader. */
export interface IsolationCheckActions {
  /**
   * Tenants are named by one of their hosts. Tries, with the attacker's own login, everything that changes nothing against the victim: where
   * the attacker's tables are, in the home database when they are elsewhere, and for isolation `cache` in the table of all caches. Both must
   * be active, of one isolation, and synthetic: their field `synthetic` is true.
   */
  'check-isolation': {
    readonly input: { readonly attacker: string; readonly victim: string };
    readonly result: { readonly cells: readonly IsolationCell[] };
  };
}
