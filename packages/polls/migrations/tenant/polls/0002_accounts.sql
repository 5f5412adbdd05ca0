-- tenantry: allow adding-foreign-key-constraint because a tenant of the sample has hundreds of votes
-- tenantry: allow lock-then-rewrite because a tenant of the sample has hundreds of votes
-- tenantry: allow disallowed-unique-constraint because a tenant of the sample has hundreds of votes
-- tenantry: allow data-change-without-batch because a tenant of the sample has hundreds of votes
-- Polls that were seeded or imported, and votes from before there were accounts, belong to nobody.
alter table poll add column creator_id bigint references account on delete set null;

alter table choice add constraint choice_of_poll_key unique (poll_id, id);

alter table vote
  add column poll_id bigint,
  add column account_id bigint references account on delete cascade,
  add constraint vote_choice_of_poll_fkey foreign key (poll_id, choice_id) references choice (poll_id, id) on delete cascade;

update vote set poll_id = choice.poll_id from choice where choice.id = vote.choice_id;

alter table vote add constraint vote_once_key unique (poll_id, account_id);

-- down
alter table vote drop column account_id, drop column poll_id;
alter table choice drop constraint choice_of_poll_key;
alter table poll drop column creator_id;
