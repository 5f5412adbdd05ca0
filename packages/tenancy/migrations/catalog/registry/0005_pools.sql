-- Tenants of isolation table share the tables of a pool, which is on one cluster; those of isolation cache have neither tables nor a secret,
-- and are routed all the same.

alter table tenants
  add column pool text,
  add constraint tenants_pool_check check (
    case isolation when 'table' then pool is not null and pool ~ '^[a-z][a-z0-9]{0,19}$' else pool is null end
  );

create index tenants_pool_idx on tenants (cluster_id, pool) where pool is not null;

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
    t.pool
  from domains d
  join tenants t on t.id = d.tenant_id
  join clusters c on c.id = t.cluster_id
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
    (select p.host from domains p where p.tenant_id = t.id and p.is_primary) as primary_host
  from domains d
  join tenants t on t.id = d.tenant_id
  join clusters c on c.id = t.cluster_id
  where t.status in ('active', 'suspended') and t.secret_arn is not null;
grant select on routes to catalog_reader;
alter table tenants drop column pool;
