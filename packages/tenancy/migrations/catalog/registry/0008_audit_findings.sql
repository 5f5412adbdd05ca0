-- What the nightly audits found: the last ones are kept, so that an operator sees at once how things stand.

create table audit_runs (
  id bigint generated always as identity primary key,
  started_at timestamptz not null,
  ended_at timestamptz not null default now(),
  actor text not null,
  -- Databases and tenants that were looked at.
  databases integer not null,
  tenants integer not null,
  -- Findings beyond the ones kept.
  more integer not null
);

create table audit_findings (
  audit_run_id bigint not null references audit_runs on delete cascade,
  position integer not null,
  finding jsonb not null,
  primary key (audit_run_id, position)
);

-- down
drop table audit_findings, audit_runs;
