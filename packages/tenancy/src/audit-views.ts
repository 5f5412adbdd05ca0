/** How bad a finding is: `critical` opens a wall or keeps a tenant out, `warning` weakens one or leaves something behind. */
export type FindingSeverity = 'critical' | 'warning';

/** What an audit can find, by code: how bad it is, and why it matters. */
export const findingCodes = {
  ROLE_POWER: {
    severity: 'critical',
    why: 'an attribute of power lets a role pass every wall in the cluster',
  },
  OWNER_LOGIN: {
    severity: 'critical',
    why: 'an owner may do everything with its tables, so nobody may log in as one',
  },
  CONNECTION_LIMIT: {
    severity: 'warning',
    why: 'the connection limit is what keeps one tenant from taking all sessions',
  },
  MEMBERSHIP: {
    severity: 'critical',
    why: 'a member has, or can take on, all rights of the role it is a member of',
  },
  ROLE_SETTING: {
    severity: 'warning',
    why: 'settings of a role decide where its names lead and how long it may run, and a tenant can change its own',
  },
  DATABASE_SETTING: {
    severity: 'warning',
    why: 'a setting of the database decides for all roles where names lead',
  },
  DATABASE_GRANT: {
    severity: 'critical',
    why: 'who may connect to, or create in, a database that is not its own is one step further in',
  },
  OWNERSHIP: {
    severity: 'critical',
    why: 'who owns an object may change it, grant rights on it, and plant code in it',
  },
  FOREIGN_RIGHT: {
    severity: 'critical',
    why: 'a tenant has rights in a database that no audit looks into',
  },
  SCHEMA_OWNER: {
    severity: 'critical',
    why: 'the owner of a schema may drop and replace what is in it',
  },
  SCHEMA_GRANT: {
    severity: 'critical',
    why: 'a right on a schema opens the names in it, and CREATE lets code be planted',
  },
  TABLE_OWNER: {
    severity: 'critical',
    why: 'the owner of a table is above grants, and default privileges do not cover what others create',
  },
  TABLE_GRANT: {
    severity: 'critical',
    why: 'a right on a table outside of the own walls reads or changes data of others',
  },
  COLUMN_GRANT: {
    severity: 'critical',
    why: 'a right on a column reads or changes data just as one on its table',
  },
  FUNCTION_GRANT: {
    severity: 'critical',
    why: 'a function that anybody may run is a way into its schema',
  },
  SECURITY_DEFINER: {
    severity: 'critical',
    why: "a SECURITY DEFINER function runs with its owner's rights, whoever calls it",
  },
  DEFAULT_PRIVILEGE: {
    severity: 'critical',
    why: 'a default privilege opens every object that is made from now on',
  },
  DEFAULT_PRIVILEGE_MISSING: {
    severity: 'warning',
    why: 'without its default privileges the next migration makes objects with the wrong rights',
  },
  POOL_TABLE_OPEN: {
    severity: 'critical',
    why: 'in a pool only row-level security and keys that begin with the tenant keep tenants apart',
  },
  FOREIGN_SERVER: {
    severity: 'critical',
    why: "a foreign server reaches other databases with somebody else's login",
  },
  EXTENSION: {
    severity: 'critical',
    why: 'this extension reaches other databases, files or services from inside a statement',
  },
  LANGUAGE: {
    severity: 'critical',
    why: 'an untrusted language reaches the files and programs of the server',
  },
  EVENT_TRIGGER: {
    severity: 'critical',
    why: 'an event trigger runs its code in the sessions of the migrator and of the administrator',
  },
  COMMAND_GUARD: {
    severity: 'warning',
    why: 'without it a tenant makes others wait by commands that are refused once they have their locks',
  },
  PUBLICATION: {
    severity: 'warning',
    why: 'a publication sends rows of tenants to whoever may replicate',
  },
  LARGE_OBJECT: {
    severity: 'warning',
    why: 'large objects stand outside of all schemas, and no export of one tenant contains them',
  },
  ORPHAN_ROLE: {
    severity: 'warning',
    why: 'a role without a tenant is a login that nobody looks after',
  },
  ORPHAN_SCHEMA: {
    severity: 'warning',
    why: 'a schema without a tenant keeps data that should be gone',
  },
  ORPHAN_DATABASE: {
    severity: 'warning',
    why: 'a database without a tenant keeps data that should be gone',
  },
  ORPHAN_SECRET: {
    severity: 'warning',
    why: 'a secret without a tenant is a password that nobody looks after, and costs money',
  },
  ORPHAN_DOMAIN: {
    severity: 'warning',
    why: 'a host name without a tenant cannot be given to another one',
  },
  ORPHAN_STACK: {
    severity: 'warning',
    why: 'a cluster and an application without a tenant keep data that should be gone, and cost money',
  },
  MISSING_STACK: {
    severity: 'critical',
    why: 'without its stack a dedicated tenant has neither data nor application',
  },
  MISSING_ROLE: { severity: 'critical', why: 'without its roles the tenant cannot be served' },
  MISSING_SCHEMA: { severity: 'critical', why: 'without its schema the tenant cannot be served' },
  MISSING_DATABASE: {
    severity: 'critical',
    why: 'without its database the tenant cannot be served',
  },
  MISSING_SECRET: { severity: 'critical', why: 'without its secret the tenant cannot be served' },
  MISSING_DOMAIN: {
    severity: 'warning',
    why: 'an active tenant that no host name leads to cannot be reached',
  },
  MISSING_RIGHT: {
    severity: 'critical',
    why: "without this right the tenant's requests fail",
  },
  SUSPENDED_OPEN: {
    severity: 'critical',
    why: 'a suspended tenant must not reach its data, even where a host still leads to it',
  },
  WRONG_POOL: {
    severity: 'critical',
    why: 'a tenant that works in another pool than the catalog says is not migrated with it',
  },
  DATABASE_UNREACHABLE: {
    severity: 'warning',
    why: 'what cannot be reached was not looked at',
  },
  SERVER_UNREACHABLE: {
    severity: 'warning',
    why: "a customer's server that lets nobody in was not looked at, and its tenant is not served either",
  },
} as const satisfies Record<string, { readonly severity: FindingSeverity; readonly why: string }>;

/** The code of something an audit can find. */
export type FindingCode = keyof typeof findingCodes;

/** What sets a finding right. */
export interface FindingRepair {
  /** SQL statements or command lines, to be run in order. */
  readonly commands: readonly string[];
  /**
   * Who runs them: a PostgreSQL role of the platform, the login that the customer gave for its database, the server's administrator, or
   * an operator at a shell.
   */
  readonly as: 'platform_provisioner' | 'customer_login' | 'administrator' | 'operator';
  /** Whether `tenantry doctor --repair` may run them: as one of the first two, and never anything that drops data. */
  readonly isAutomatic: boolean;
}

/** One way in which walls or catalog are not as they must be. */
export interface AuditFinding {
  readonly code: FindingCode;
  readonly severity: FindingSeverity;
  /** The catalog's id of the cluster, or `host:port` of a customer's server. */
  readonly cluster: string;
  /** Null for what belongs to the cluster as a whole: roles and memberships. */
  readonly database: string | null;
  /** The tenant whose wall it is, where it is one's. */
  readonly tenantId: string | null;
  /** Its slug, where the catalog knows it. */
  readonly slug: string | null;
  /** `table t_9k3m….poll`, `role t_9k3m…`. */
  readonly object: string;
  /** What was found, as a sentence without its full stop. */
  readonly what: string;
  readonly why: string;
  /** Null where only a person can say what is right. */
  readonly repair: FindingRepair | null;
}

/** What one audit found in everything that it looked at. */
export interface AuditReport {
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly endedAt: string;
  readonly actor: string;
  /** Databases that were looked at, those of single tenants and of customers too. */
  readonly databases: number;
  readonly tenants: number;
  readonly findings: readonly AuditFinding[];
  /** Findings beyond the ones listed. */
  readonly more: number;
}

/** What became of a finding that was to be repaired. */
export interface RepairedFinding {
  readonly finding: AuditFinding;
  /** Why its repair failed; null when it did not. */
  readonly failure: string | null;
}

/** What the function `audit` can be asked: it may look at everything and change nothing but the catalog's list of findings. */
export interface AuditActions {
  /** Looks at all walls now, and keeps what it found. */
  'run-audit': {
    readonly input: { readonly actor: string };
    readonly result: { readonly audit: AuditReport };
  };
}

/** What the function `repair` can be asked: it works with the rights of `platform_provisioner`. */
export interface RepairActions {
  /** Looks again, and repairs what can be repaired without losing data: findings of all codes, or of the ones given. */
  'repair-findings': {
    readonly input: { readonly codes?: readonly FindingCode[]; readonly actor: string };
    readonly result: { readonly repaired: readonly RepairedFinding[] };
  };
}
