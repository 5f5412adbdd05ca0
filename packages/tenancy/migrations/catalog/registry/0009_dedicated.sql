-- A dedicated tenant has a cluster and an application of its own, made as one stack. Its application finds where its host leads with the
-- tenant's own login, and sees nobody else's.

alter table clusters
  -- The only tenant that the cluster is for, and the stack that it is part of.
  add column tenant_id text unique references tenants,
  add column stack text,
  add constraint clusters_stack_check check ((tenant_id is null) = (stack is null));

-- A condition of the caller's must not be tried on other tenants' rows: its error, or the plan's counts, would tell what is in them.
create view own_routes with (security_barrier) as
  with own as materialized (
    select * from routes where tenant_id = substr(cast(current_user as text), 3)
  )
  select * from own;

grant select on own_routes to app_dedicated;

-- down
drop view own_routes;
alter table clusters
  drop constraint clusters_stack_check,
  drop column stack,
  drop column tenant_id;
