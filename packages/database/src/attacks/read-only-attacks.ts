/** A tenant as an attacker sees it: its names, which everybody can see. */
export interface AttackedTenant {
  readonly role: string;
  readonly owner: string;
  /** Where its tables are. */
  readonly schema: string;
  /** What the customer chose, and no other tenant may ever read. */
  readonly slug: string;
}

/** Who attacks whom. */
export interface AttackPair {
  readonly self: AttackedTenant;
  readonly victim: AttackedTenant;
  /** Tables of the attacker; those of the victim have the same names. */
  readonly tables: readonly string[];
}

/** Something that a tenant tries with its own login, and that changes nothing however it ends. */
export interface ReadOnlyAttack {
  readonly kind: string;
  readonly name: string;
  readonly sql: string;
  /** `refused`: PostgreSQL must refuse it. `nothing`: it may run, and must answer no row, 0 or false. */
  readonly mustEnd: 'refused' | 'nothing';
}

/** Everything that a tenant can try against another one without changing anything. No statement has parameters, and none has a colon. */
export function readOnlyAttacks(pair: AttackPair): ReadOnlyAttack[] {
  const isPooled = pair.self.schema === pair.victim.schema;
  return [
    ...(isPooled ? readingRowsOfPool(pair) : readingForeignTables(pair)),
    ...takingOtherRoles(pair),
    ...readingPlatform(pair),
    ...leavingDatabase(),
    ...seeingNames(pair),
  ];
}

function readingForeignTables({ victim, tables }: AttackPair): ReadOnlyAttack[] {
  const kind = "another tenant's tables";
  const { schema } = victim;
  return [
    ...tables.flatMap((table) => {
      const name = `${schema}.${quote(table)}`;
      return [
        refused(kind, `read ${table}`, `select * from ${name} limit 1`),
        refused(kind, `count ${table}`, `select count(*) from ${name}`),
        refused(
          kind,
          `read ${table} through XML`,
          `select query_to_xml('select * from ${name}', true, true, '')`,
        ),
        refused(kind, `measure ${table}`, `select pg_relation_size('${name}')`),
      ];
    }),
    refused(kind, 'read the ledger', `select count(*) from ${schema}.tenantry_ledger`),
    refused(kind, 'read the whole schema', `select schema_to_xml('${schema}', true, true, '')`),
    nothing(kind, 'use the schema', `select has_schema_privilege('${schema}', 'USAGE')`),
    nothing(kind, 'create in the schema', `select has_schema_privilege('${schema}', 'CREATE')`),
  ];
}

function readingRowsOfPool({ self, victim, tables }: AttackPair): ReadOnlyAttack[] {
  const kind = "another tenant's rows";
  const { schema } = self;
  return [
    ...tables.flatMap((table) => {
      const name = `${schema}.${quote(table)}`;
      return [
        nothing(
          kind,
          `count the victim's rows of ${table}`,
          `select count(*) from ${name} where tenant = '${victim.role}'`,
        ),
        nothing(
          kind,
          `count anybody's rows of ${table}`,
          `select count(*) from ${name} where tenant <> current_user`,
        ),
        nothing(
          kind,
          `leave ${table}'s policies out`,
          `select has_table_privilege('${name}', 'TRUNCATE') or has_table_privilege('${name}', 'TRIGGER') or has_table_privilege('${name}', 'REFERENCES')`,
        ),
        nothing(
          kind,
          `find row-level security of ${table} off`,
          `select count(*) from pg_class where oid = to_regclass('${name}') and not (relrowsecurity and relforcerowsecurity)
            and relkind in ('r', 'p')`,
        ),
        nothing(
          kind,
          `read ${table} from statistics`,
          `select count(*) from pg_stats where schemaname = '${schema}' and tablename = '${table.replaceAll("'", "''")}'`,
        ),
      ];
    }),
    refused(kind, 'read the ledger', `select count(*) from ${schema}.tenantry_ledger`),
    refused(kind, 'read who is in the pool', `select count(*) from ${schema}.tenantry_members`),
    nothing(kind, 'create in the schema', `select has_schema_privilege('${schema}', 'CREATE')`),
  ];
}

function takingOtherRoles({ self, victim }: AttackPair): ReadOnlyAttack[] {
  const kind = 'other roles';
  const roles = [
    ['the victim', victim.role],
    ["the victim's owner", victim.owner],
    ['its own owner', self.owner],
    ['the migrator', 'platform_migrator'],
    ['the provisioner', 'platform_provisioner'],
    ['the auditor', 'platform_auditor'],
  ] as const;
  return roles.flatMap(([who, role]) => [
    refused(kind, `become ${who}`, `select set_config('role', '${role}', true)`),
    nothing(
      kind,
      `have the rights of ${who}`,
      `select exists (select from pg_roles where rolname = '${role}' and pg_has_role(oid, 'MEMBER'))`,
    ),
  ]);
}

function readingPlatform({ victim }: AttackPair): ReadOnlyAttack[] {
  const kind = "the platform's own";
  const tables = [
    'catalog.tenants',
    'catalog.routes',
    'catalog.domains',
    'catalog.audit',
    'pg_authid',
  ];
  return [
    ...tables.map((table) => refused(kind, `read ${table}`, `select count(*) from ${table}`)),
    refused(
      kind,
      'call a function of the platform',
      `select tenantry.find_violations('${victim.role}', '${victim.owner}')`,
    ),
    nothing(
      kind,
      'read the logins of others',
      "select count(*) from pg_stat_activity where usename <> current_user and query <> '' and query not like '<insufficient%'",
    ),
    nothing(
      kind,
      'create anything in the database',
      "select has_database_privilege(current_database(), 'CREATE') or has_database_privilege(current_database(), 'TEMPORARY')",
    ),
    nothing(
      kind,
      'have an attribute of power',
      `select count(*) from pg_roles where rolname = current_user
        and (rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls or rolconnlimit < 0)`,
    ),
  ];
}

function leavingDatabase(): ReadOnlyAttack[] {
  const kind = 'files, programs and other servers';
  return [
    refused(kind, 'read a file', "select pg_read_file('/etc/passwd')"),
    refused(kind, 'list a folder', "select pg_ls_dir('/')"),
    refused(kind, 'read the configuration', 'select count(*) from pg_hba_file_rules'),
    nothing(
      kind,
      'find a way to another server',
      "select count(*) from pg_foreign_server where has_server_privilege(oid, 'USAGE')",
    ),
    nothing(
      kind,
      'find a way to another database',
      // The one that all tenants of a cluster may enter is none, whatever it is called.
      `with shared as (
          select d.oid, d.datname from pg_database d, aclexplode(d.datacl) a join pg_roles r on r.oid = a.grantee
          where r.rolname = 'app_tenants')
        select count(*) from pg_database where datallowconn and has_database_privilege(oid, 'CONNECT')
          and datname not in (current_database(), current_user, 'rdsadmin')
          and (exists (select from shared where datname = current_database()) or oid is distinct from (select min(oid) from shared))`,
    ),
    nothing(
      kind,
      'find a function with the rights of its owner',
      `select count(*) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where p.prosecdef
        and n.nspname not in ('pg_catalog', 'information_schema') and has_schema_privilege(n.oid, 'USAGE')
        and has_function_privilege(p.oid, 'EXECUTE')`,
    ),
  ];
}

function seeingNames({ victim }: AttackPair): ReadOnlyAttack[] {
  const slug = victim.slug.replaceAll("'", "''");
  const columns = [
    ['pg_roles', 'rolname'],
    ['pg_namespace', 'nspname'],
    ['pg_database', 'datname'],
    ['pg_class', 'relname'],
    ['pg_stat_activity', 'application_name'],
  ] as const;
  return columns.map(([table, column]) =>
    nothing(
      'names',
      `find the victim's name in ${table}`,
      `select count(*) from ${table} where strpos(cast(${column} as text), '${slug}') > 0`,
    ),
  );
}

function refused(kind: string, name: string, sql: string): ReadOnlyAttack {
  return { kind, name, sql, mustEnd: 'refused' };
}

function nothing(kind: string, name: string, sql: string): ReadOnlyAttack {
  return { kind, name, sql, mustEnd: 'nothing' };
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
