create table comment (
  id bigserial primary key,
  body text not null,
  created_at timestamptz not null,
  question_id bigint not null,
  voter_id bigint not null
);
alter table comment add constraint comment_question_fk
  foreign key (question_id) references question (id) deferrable initially deferred;
alter table comment add constraint comment_voter_fk
  foreign key (voter_id) references voter (id) deferrable initially deferred;
create index comment_question_idx on comment (question_id);
create index comment_voter_idx on comment (voter_id);
