alter table question add column status varchar(20) default 'draft' not null;
alter table question alter column status drop default;
