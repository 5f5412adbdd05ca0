create table category (id bigserial primary key, name varchar(100) not null);
alter table category add constraint category_name_key unique (name);
alter table question add column category_id bigint null
  constraint question_category_fk references category (id) deferrable initially deferred;
create index question_category_idx on question (category_id);
