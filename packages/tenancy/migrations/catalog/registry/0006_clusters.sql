-- A cluster takes so many tenants and no more; the logins of the platform on it are named by their secrets.

alter table clusters
  add column capacity integer not null default 10000 check (capacity >= 0),
  -- A closed one keeps its tenants and takes no new ones.
  add column status text not null default 'active' check (status in ('active', 'closed')),
  add column provisioner_secret_arn text,
  add column auditor_secret_arn text,
  add column admin_secret_arn text;

-- down
alter table clusters
  drop column capacity,
  drop column status,
  drop column provisioner_secret_arn,
  drop column auditor_secret_arn,
  drop column admin_secret_arn;
