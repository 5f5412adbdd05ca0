create table account (
  id bigint generated always as identity primary key,
  username text not null unique check (username ~ '^[a-z0-9._-]{3,40}$'),
  -- scrypt's parameters, salt and result; never the password.
  password_verifier text not null,
  created_at timestamptz not null default now()
);

-- What this tenant's access tokens are signed with. The application makes the one row when it first needs it.
create table signing_key (
  is_only_row boolean primary key default true check (is_only_row),
  secret bytea not null check (octet_length(secret) = 32),
  created_at timestamptz not null default now()
);

-- down
drop table signing_key, account;
