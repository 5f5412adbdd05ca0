/** What the walls do not hide or hold back, by the name that the table of attacks gives it; each is shown by a test of its own. */
export const limits = {
  names:
    'Names of databases, schemas, roles, tables and columns, definitions of views, bodies of functions and settings of roles are readable by everybody who can log in to the database. Names of tenants are opaque ids, pools are named by the operator; nothing that a customer chose is among them, and migrations are the same for all.',
  sizes:
    "PostgreSQL's statistics tell about how many rows each table of the same database has, how large it is and how often it is used; under `table` they tell it of the shared tables as a whole. A database of its own hides this.",
  activity:
    'Who is logged in at this moment (role, database, process) and which tables are locked is visible; statements, addresses and times of others are not.',
  channels:
    'What a tenant itself sends with NOTIFY is heard by every session in the same database that listens to that channel. Migrations with NOTIFY are refused; a database of its own isolates.',
  'own settings':
    'A tenant can change settings and, unless `rds.restrict_password_commands` is on, the password of its own role, and thereby lock out its own application; the nightly audit finds and repairs it.',
  'own time':
    'A tenant can lift its own time limits; a call of the Data API ends after 45 seconds all the same, and a function at its time-out.',
  sequences:
    'Tenants that share tables draw their ids from the same sequences: the distance between two ids tells how many rows all of them together have made in between, and a tenant can skip numbers.',
  waits:
    'PostgreSQL asks whether DROP DATABASE and ALTER DATABASE ... RENAME are allowed only when it has the lock, and no event trigger can refuse them before: a tenant with two sessions and any SQL, one of which leaves a change of its own role’s settings for a database open, keeps new logins out of that database meanwhile. Suspending the tenant ends it, from another database.',
} as const;

export type LimitId = keyof typeof limits;
