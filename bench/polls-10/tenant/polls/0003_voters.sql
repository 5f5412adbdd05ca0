create table voter (
  id bigserial primary key,
  email varchar(254) not null,
  name varchar(100) not null,
  created_at timestamptz not null
);
alter table voter add constraint voter_email_key unique (email);
