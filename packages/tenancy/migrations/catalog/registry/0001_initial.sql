-- The registry of everything the platform knows. Owned by o_catalog; catalog_writer works on it, catalog_reader sees one view.

create table clusters (
  id text primary key,
  resource_arn text not null unique,
  database text not null,
  created_at timestamptz not null default now()
);

create table tenants (
  id text primary key check (id ~ '^[a-z0-9]{16,32}$'),
  slug text not null check (slug ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$' and length(slug) between 3 and 40),
  name text not null,
  isolation text not null check (isolation in ('database', 'schema', 'table', 'cache', 'dedicated')),
  status text not null
    check (status in ('provisioning', 'active', 'suspended', 'failed', 'deleting', 'deleted')),
  status_since timestamptz not null default now(),
  cluster_id text not null references clusters,
  secret_arn text,
  version text,
  migrations_hash text,
  fields jsonb not null default '{}',
  attempt integer not null default 1,
  execution text,
  failure jsonb,
  created_by text not null,
  created_at timestamptz not null default now()
);

-- A deleted tenant keeps its row, so that its id is never given out again; only its slug becomes free.
create unique index tenants_slug_key on tenants (slug) where status <> 'deleted';
create index tenants_behind_idx on tenants (migrations_hash) where status in ('active', 'suspended');

create table domains (
  host text primary key,
  tenant_id text not null references tenants,
  is_primary boolean not null default false,
  created_at timestamptz not null default now()
);

create index domains_tenant_idx on domains (tenant_id);
create unique index domains_primary_key on domains (tenant_id) where is_primary;

create table static_schemas (
  name text primary key,
  version text,
  migrations_hash text not null,
  updated_at timestamptz not null default now()
);

create table releases (
  number bigint generated always as identity primary key,
  hash text not null unique,
  released_at timestamptz not null default now()
);

create table runs (
  id text primary key,
  hash text not null,
  selection_key text not null,
  reason text not null check (reason in ('deploy', 'operator')),
  actor text not null,
  status text not null check (status in ('running', 'succeeded', 'failed')),
  max_failures integer not null default 0,
  total integer not null,
  failure jsonb,
  started_at timestamptz not null default now(),
  ended_at timestamptz
);

-- Whoever starts the same work twice joins the run that is open.
create unique index runs_open_key on runs (hash, selection_key) where status = 'running';

create table run_executions (
  execution text primary key,
  run_id text not null references runs
);

create table run_items (
  run_id text not null references runs,
  tenant_id text not null references tenants,
  wave integer not null,
  status text not null default 'pending' check (status in ('pending', 'migrated', 'failed', 'skipped')),
  from_version text,
  to_version text,
  attempt integer not null default 0,
  started_at timestamptz,
  ended_at timestamptz,
  duration_ms integer,
  error jsonb,
  primary key (run_id, tenant_id)
);

create index run_items_pending_idx on run_items (run_id, wave) where status = 'pending';

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  action text not null,
  tenant_id text,
  run_id text,
  outcome text not null,
  details jsonb not null default '{}'
);

revoke update, delete on audit from catalog_writer;

create view routes as
  select
    d.host,
    t.id as tenant_id,
    t.slug,
    t.name,
    t.isolation,
    t.status,
    t.fields,
    t.secret_arn,
    c.resource_arn as cluster_arn,
    c.database,
    (select p.host from domains p where p.tenant_id = t.id and p.is_primary) as primary_host
  from domains d
  join tenants t on t.id = d.tenant_id
  join clusters c on c.id = t.cluster_id
  where t.status in ('active', 'suspended') and t.secret_arn is not null;

grant select on routes to catalog_reader;

-- down
drop view routes;
drop table audit, run_items, run_executions, runs, releases, static_schemas, domains, tenants, clusters;
