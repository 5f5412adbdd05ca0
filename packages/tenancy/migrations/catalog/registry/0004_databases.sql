-- A tenant with a database of its own is routed there; all others are in the one of their cluster.

alter table tenants
  add column database text generated always as (case isolation when 'database' then 't_' || id end) stored;

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
    (select p.host from domains p where p.tenant_id = t.id and p.is_primary) as primary_host
  from domains d
  join tenants t on t.id = d.tenant_id
  join clusters c on c.id = t.cluster_id
  where t.status in ('active', 'suspended') and t.secret_arn is not null;

-- down
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
    c.database,
    (select p.host from domains p where p.tenant_id = t.id and p.is_primary) as primary_host
  from domains d
  join tenants t on t.id = d.tenant_id
  join clusters c on c.id = t.cluster_id
  where t.status in ('active', 'suspended') and t.secret_arn is not null;
alter table tenants drop column database;
