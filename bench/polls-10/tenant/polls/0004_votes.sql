create table vote (
  id bigserial primary key,
  cast_at timestamptz not null,
  choice_id bigint not null,
  voter_id bigint not null
);
alter table vote add constraint vote_choice_voter_key unique (choice_id, voter_id);
alter table vote add constraint vote_choice_fk foreign key (choice_id) references choice (id) deferrable initially deferred;
alter table vote add constraint vote_voter_fk foreign key (voter_id) references voter (id) deferrable initially deferred;
create index vote_choice_idx on vote (choice_id);
create index vote_voter_idx on vote (voter_id);
