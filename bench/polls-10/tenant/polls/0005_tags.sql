create table tag (id bigserial primary key, name varchar(50) not null);
alter table tag add constraint tag_name_key unique (name);
create table question_tag (
  id bigserial primary key,
  question_id bigint not null,
  tag_id bigint not null
);
alter table question_tag add constraint question_tag_key unique (question_id, tag_id);
alter table question_tag add constraint question_tag_question_fk
  foreign key (question_id) references question (id) deferrable initially deferred;
alter table question_tag add constraint question_tag_tag_fk
  foreign key (tag_id) references tag (id) deferrable initially deferred;
create index question_tag_question_idx on question_tag (question_id);
create index question_tag_tag_idx on question_tag (tag_id);
