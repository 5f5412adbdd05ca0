alter table account add column administrator boolean not null default false;

-- down
alter table account drop column administrator;
