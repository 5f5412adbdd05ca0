-- A run may ask each tenant's own ledger whom it is for, and remembers of whom the catalog knew something else.

alter table runs
  add column is_verified boolean not null default false,
  add column corrected jsonb not null default '[]';

-- down
alter table runs
  drop column corrected,
  drop column is_verified;
