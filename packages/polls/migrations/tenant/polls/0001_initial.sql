create table poll (
  id bigint generated always as identity primary key,
  question text not null check (length(question) between 1 and 500),
  category_id text,
  -- Whoever imports the same poll twice, or seeds a tenant again, finds it by this key.
  import_key text unique,
  created_at timestamptz not null default now()
);

create table choice (
  id bigint generated always as identity primary key,
  poll_id bigint not null references poll on delete cascade,
  position integer not null,
  text text not null check (length(text) between 1 and 200),
  unique (poll_id, position)
);

create table vote (
  id bigint generated always as identity primary key,
  choice_id bigint not null references choice on delete cascade,
  created_at timestamptz not null default now()
);

create index vote_choice_idx on vote (choice_id);

-- down
drop table vote, choice, poll;
