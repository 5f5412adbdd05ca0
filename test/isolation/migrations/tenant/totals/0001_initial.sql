-- tenantry: depends-on objects/0001_initial
create materialized view task_total as select title, count(*) as count from task group by title;

-- down
drop materialized view task_total;
