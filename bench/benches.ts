/** What an option may be: a whole number from 1, a list of them, one of `choices`, any text, or texts that are given one by one. */
export type OptionValue = number | string | readonly number[] | readonly string[];

/** An option of a benchmark; its kind is that of its default. */
export interface BenchOption {
  readonly default: OptionValue;
  readonly says: string;
  /** All that is allowed. @default - anything of the default's kind */
  readonly choices?: readonly string[];
}

/** A benchmark as its `--help` tells of it. */
export interface Bench {
  readonly measures: string;
  /** What it does not run without. */
  readonly needs: string;
  readonly options: Readonly<Record<string, BenchOption>>;
}

const servers =
  'the PostgreSQL that npm ci installs; it runs with fsync on, its files below TMPDIR';

/** All benchmarks by the names of their files. */
export const benches = {
  cold: {
    measures:
      "the bundles of the functions: how large each is, and how long it takes a fresh process to load it, with the template's environment",
    needs: 'nothing: it synthesizes by itself',
    options: {},
  },
  create: {
    measures:
      'creating tenants by replaying all migrations, and by copying what was migrated before; all ways take turns on one server, and each must end where replay ends',
    needs: servers,
    options: {
      tenants: { default: 20, says: 'tenants that each way creates' },
      lanes: { default: 4, says: 'creations at once, where their rate is measured' },
      workload: {
        default: ['polls-10', 'tables:50'],
        says: 'polls-10 (ten migrations, eight tables) or tables:COUNT; may be given more than once',
      },
      only: { default: '', says: 'ways whose name matches this regular expression' },
    },
  },
  dialect: {
    measures:
      'building, compiling and calling statements through DataApiDialect and through kysely-data-api 2.0.0',
    needs: 'the PostgreSQL that npm ci installs',
    options: {},
  },
  fleet: {
    measures:
      'creating and migrating many tenants, beside psql, a loop by hand and a migrator for one database; each contender has a fresh server',
    needs: `${servers}; for the rows of psql, psql on PATH`,
    options: {
      tenants: { default: 100, says: 'tenants of each contender' },
      'peer-tenants': {
        default: 30,
        says: 'tenants at most where time grows with the square of their number',
      },
      lanes: { default: [2, 3], says: 'tenants at once of Tenantry, one contender for each' },
      only: {
        default: '',
        says: 'contenders whose name matches this regular expression; the questions after the table are left out',
      },
    },
  },
  flood: {
    measures:
      'a flood of requests to hosts that lead nowhere: queries to the catalog, and memory, with a catalog that is a stand-in',
    needs: 'nothing',
    options: { requests: { default: 100_000, says: 'requests, each to another host' } },
  },
  isolation: {
    measures:
      'what the isolation types cost on one server: creation, storage, a query, a session, a migration',
    needs: servers,
    options: {
      tenants: { default: 30, says: 'empty tenants of each type' },
      rounds: { default: 1000, says: 'queries over a warm session' },
      lanes: { default: 4, says: 'tenants at once where they are migrated' },
    },
  },
  request: {
    measures:
      'what a request costs beyond its SQL: one tenant warm, first requests, and requests spread over many tenants, over pg and the local Data API',
    needs: 'the PostgreSQL that npm ci installs',
    options: {
      rounds: { default: 2000, says: 'requests of each kind' },
      tenants: { default: 1000, says: 'tenants that the requests are spread over in the end' },
    },
  },
  table: {
    measures:
      "the sample's queries in a tenant's own schema and in a filled pool, by time and by processor time of both sides",
    needs: `${servers}; Linux, which tells the processor time of another process`,
    options: {
      over: {
        default: 'data-api',
        choices: ['data-api', 'pg'],
        says: 'how the database is reached',
      },
      rounds: { default: 3000, says: 'calls of each query' },
      tenants: { default: 1000, says: 'tenants in the pool' },
      polls: { default: 100, says: 'polls of each tenant' },
    },
  },
} as const satisfies Readonly<Record<string, Bench>>;

/** The name of a benchmark. */
export type BenchName = keyof typeof benches;

/** The values of a benchmark's options. */
export type OptionsOf<Name extends BenchName> = {
  -readonly [Option in keyof (typeof benches)[Name]['options']]: ValueOf<
    (typeof benches)[Name]['options'][Option]
  >;
};

type ValueOf<Option> = Option extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : Option extends { readonly default: infer Default }
    ? Widened<Default>
    : never;

type Widened<Default> = Default extends number
  ? number
  : Default extends string
    ? string
    : Default extends readonly number[]
      ? readonly number[]
      : readonly string[];
