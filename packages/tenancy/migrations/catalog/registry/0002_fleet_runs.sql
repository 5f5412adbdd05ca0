-- A run is a queue: workers take its items with a lease, and give an operator's word effect between two tenants.

alter table clusters
  add column migrator_secret_arn text,
  add column indexer_secret_arn text,
  add column concurrency integer check (concurrency > 0);

alter table tenants
  add column fingerprint text,
  add column checked_at timestamptz;

create index tenants_cluster_idx on tenants (cluster_id);

drop index runs_open_key;

alter table runs
  drop constraint runs_status_check,
  alter column max_failures drop default,
  alter column max_failures drop not null,
  add column selector jsonb not null default '{"all": true}',
  add column change jsonb not null default '{"kind": "up"}',
  add column pace jsonb not null default '{}',
  add column migrations jsonb not null default '{}',
  add column static_results jsonb not null default '[]',
  add column left_out jsonb not null default '[]',
  add column retry_of text references runs,
  add column start_at timestamptz,
  add column frozen_at timestamptz default now(),
  add constraint runs_status_check
    check (status in ('scheduled', 'running', 'paused', 'succeeded', 'failed', 'cancelled'));

alter table runs alter column frozen_at drop default;

-- Whoever starts the same work twice joins the run that is open.
create unique index runs_open_key on runs (hash, selection_key) where status in ('scheduled', 'running', 'paused');
create index runs_newest_idx on runs (started_at desc);

drop index run_items_pending_idx;

alter table run_items
  drop constraint run_items_status_check,
  add column cluster_id text not null default 'main',
  add column applied jsonb not null default '[]',
  add column worker text,
  add column holder text,
  add column lease_until timestamptz,
  add constraint run_items_status_check
    check (status in ('pending', 'working', 'migrated', 'failed', 'skipped')),
  add constraint run_items_lease_check
    check (status <> 'working' or (holder is not null and lease_until is not null));

alter table run_items alter column cluster_id drop default;

create index run_items_open_idx on run_items (run_id, wave, cluster_id, tenant_id)
  where status in ('pending', 'working');

-- Two runs never work on one tenant at the same time.
create unique index run_items_working_key on run_items (tenant_id) where status = 'working';
create index run_items_worker_idx on run_items (run_id, worker) where status = 'working';
create index run_items_tenant_idx on run_items (tenant_id);
create index run_items_ended_idx on run_items (ended_at, run_id);

-- down
drop index run_items_worker_idx;
drop index run_items_ended_idx;
drop index run_items_tenant_idx;
drop index run_items_working_key;
drop index run_items_open_idx;
update run_items set status = 'pending' where status = 'working';
alter table run_items
  drop constraint run_items_lease_check,
  drop constraint run_items_status_check,
  drop column lease_until,
  drop column holder,
  drop column worker,
  drop column applied,
  drop column cluster_id,
  add constraint run_items_status_check check (status in ('pending', 'migrated', 'failed', 'skipped'));
create index run_items_pending_idx on run_items (run_id, wave) where status = 'pending';
drop index runs_newest_idx;
drop index runs_open_key;
update runs set status = 'failed' where status in ('scheduled', 'paused', 'cancelled');
update runs set max_failures = 0 where max_failures is null;
alter table runs
  drop constraint runs_status_check,
  drop column frozen_at,
  drop column start_at,
  drop column retry_of,
  drop column left_out,
  drop column static_results,
  drop column migrations,
  drop column pace,
  drop column change,
  drop column selector,
  alter column max_failures set default 0,
  alter column max_failures set not null,
  add constraint runs_status_check check (status in ('running', 'succeeded', 'failed'));
create unique index runs_open_key on runs (hash, selection_key) where status = 'running';
drop index tenants_cluster_idx;
alter table tenants drop column checked_at, drop column fingerprint;
alter table clusters drop column concurrency, drop column indexer_secret_arn, drop column migrator_secret_arn;
