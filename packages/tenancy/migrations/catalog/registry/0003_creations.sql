-- Many tenants created at once: a creation and its queue. A worker takes an item with a lease and gives it back done, failed, or, when it
-- dies, by letting the lease run out.

create table creations (
  id text primary key,
  -- Names what is asked for: whoever asks for the same while it is being done joins.
  content_key text not null,
  actor text not null,
  status text not null default 'running' check (status in ('running', 'succeeded', 'failed')),
  -- The execution that works on it now, or did so last.
  execution text,
  total integer not null,
  started_at timestamptz not null default now(),
  ended_at timestamptz
);

create unique index creations_open_key on creations (content_key) where status = 'running';

create table creation_items (
  creation_id text not null references creations,
  tenant_id text not null references tenants,
  -- Where in the file it stands.
  line integer not null,
  request jsonb not null,
  status text not null default 'pending' check (status in ('pending', 'working', 'created', 'failed')),
  worker text,
  lease_until timestamptz,
  failure jsonb,
  ended_at timestamptz,
  primary key (creation_id, tenant_id)
);

create index creation_items_open_idx on creation_items (creation_id, line) where status in ('pending', 'working');

-- down
drop table creation_items, creations;
