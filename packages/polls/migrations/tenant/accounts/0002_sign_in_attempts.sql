-- Sign-ins that failed or are under way, by the user name that was given, whether there is such an account or not.
create table sign_in_attempt (
  username text primary key,
  attempts integer not null,
  -- When the first of them was made; they are forgotten together.
  began_at timestamptz not null
);

create index sign_in_attempt_began_idx on sign_in_attempt (began_at);

-- down
drop table sign_in_attempt;
