create table question (
  id bigserial primary key,
  text varchar(200) not null,
  published_at timestamptz not null
);
create table choice (
  id bigserial primary key,
  text varchar(200) not null,
  votes integer not null,
  question_id bigint not null
);
alter table choice add constraint choice_question_fk
  foreign key (question_id) references question (id) deferrable initially deferred;
create index choice_question_idx on choice (question_id);
