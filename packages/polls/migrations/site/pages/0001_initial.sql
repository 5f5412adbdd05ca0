create table page (
  path text primary key check (path ~ '^/[a-z0-9/-]*$'),
  title text not null,
  body text not null,
  updated_at timestamptz not null default now()
);

insert into page (path, title, body) values
  ('/', 'Polls', 'Every customer has polls at a host name of its own, behind walls of its own.');

-- down
drop table page;
