create table category (
  id text primary key check (id ~ '^[a-z][a-z0-9-]{1,39}$'),
  name text not null unique
);

insert into category (id, name) values
  ('food', 'Food and drink'),
  ('office', 'Office life'),
  ('product', 'Product'),
  ('team', 'Team');

-- down
drop table category;
