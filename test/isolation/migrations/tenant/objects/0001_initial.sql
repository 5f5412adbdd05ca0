create table project (
  id bigint generated always as identity primary key,
  code text not null unique,
  budget numeric not null default 0
);

create type task_state as enum ('open', 'done');

create domain progress as integer check (value between 0 and 100);

create table task (
  id bigserial primary key,
  project_id bigint not null references project on delete cascade,
  title text not null,
  state task_state not null default 'open',
  done progress not null default 0
);

create sequence ticket;

create view open_task as select id, title from task where state = 'open';

create function task_titles() returns setof text language sql stable as $$ select title from task order by title $$;

create table event (
  happened_on date not null,
  id bigint not null,
  note text not null,
  primary key (happened_on, id)
) partition by range (happened_on);

create table event_2026 partition of event for values from ('2026-01-01') to ('2027-01-01');

-- down
drop table event;
drop function task_titles();
drop view open_task;
drop sequence ticket;
drop table task, project;
drop domain progress;
drop type task_state;
