-- A tenant's database that its customer brought along: where it is, and the secrets of the logins that work there. The row is there from
-- the moment that the tenant is claimed until everything of the platform is out of that database again.

create table customer_databases (
  tenant_id text primary key references tenants,
  host text not null,
  port integer not null check (port between 1 and 65535),
  name text not null,
  tls text not null check (tls in ('verify', 'off')),
  tls_ca text,
  username text not null,
  admin_secret_arn text not null,
  migrator_secret_arn text,
  is_new boolean not null,
  -- Set before anything is made at the server: only then there is something to take away.
  is_begun boolean not null default false,
  -- Set before the database is made: only such a one is ever dropped.
  is_ours boolean not null default false,
  -- One database holds one tenant.
  unique (host, port, name)
);

create or replace view routes as
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
    coalesce(t.database, c.database) as database,
    (select p.host from domains p where p.tenant_id = t.id and p.is_primary) as primary_host,
    t.pool,
    b.host as server_host,
    b.port as server_port,
    b.tls as server_tls,
    b.tls_ca as server_tls_ca,
    b.name as server_database
  from domains d
  join tenants t on t.id = d.tenant_id
  join clusters c on c.id = t.cluster_id
  left join customer_databases b on b.tenant_id = t.id
  where t.status in ('active', 'suspended') and (t.secret_arn is not null or t.isolation = 'cache');

-- down
drop view routes;
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
    coalesce(t.database, c.database) as database,
    (select p.host from domains p where p.tenant_id = t.id and p.is_primary) as primary_host,
    t.pool
  from domains d
  join tenants t on t.id = d.tenant_id
  join clusters c on c.id = t.cluster_id
  where t.status in ('active', 'suspended') and (t.secret_arn is not null or t.isolation = 'cache');
grant select on routes to catalog_reader;
drop table customer_databases;
