alter table comment add column is_hidden boolean default false not null;
alter table comment alter column is_hidden drop default;
