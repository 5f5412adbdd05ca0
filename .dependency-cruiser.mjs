/**
 * The layers of ARCHITECTURE.md as rules. Lowest first: tenancy; database and cache; migrations; local, middleware and polls; testing, cli,
 * functions and infra. A package is entered through its src/index.ts only.
 */
const layers = [
  { name: 'tenancy', below: [] },
  { name: 'database', below: ['tenancy'] },
  { name: 'cache', below: ['tenancy'] },
  { name: 'migrations', below: ['tenancy', 'database'] },
  { name: 'local', below: ['tenancy', 'database', 'cache', 'migrations'] },
  { name: 'middleware', below: ['tenancy', 'database', 'cache', 'migrations'] },
  { name: 'polls', below: ['tenancy', 'database', 'cache', 'migrations', 'middleware'] },
  {
    name: 'testing',
    below: ['tenancy', 'database', 'cache', 'migrations', 'local', 'middleware', 'polls'],
  },
  {
    name: 'cli',
    below: ['tenancy', 'database', 'cache', 'migrations', 'local', 'middleware', 'polls'],
  },
];

const tests = '\\.test(-d)?\\.ts$';
const importsThatRun = { dependencyTypesNot: ['type-only'] };

const layerRules = layers.map(({ name, below }) => ({
  name: `layer-${name}`,
  comment: `packages/${name} imports only the packages below it: ${below.join(', ') || 'none'}.`,
  severity: 'error',
  from: { path: `^packages/${name}/src/`, pathNot: tests },
  to: {
    path: '^(packages/[^/]+|functions|infra)/',
    pathNot: `^packages/(${[name, ...below].join('|')})/`,
  },
}));

/** A rule that only `allowed` files may import what `modules` matches. */
const onlyFrom = (name, { allowed, modules, comment }) => ({
  name,
  comment,
  severity: 'error',
  from: { path: '^(packages|functions|infra)/', pathNot: [...allowed, tests] },
  to: { path: modules },
});

export default {
  forbidden: [
    ...layerRules,
    {
      name: 'through-the-index',
      comment: 'A package is entered through its src/index.ts.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/src/',
        pathNot: ['^packages/$1/', '^packages/[^/]+/src/index\\.ts$'],
      },
    },
    {
      name: 'through-the-index-from-outside',
      comment: 'A package is entered through its src/index.ts.',
      severity: 'error',
      from: { path: '^(functions|infra|test|bench)/' },
      to: { path: '^packages/[^/]+/src/', pathNot: '^packages/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'no-cycles',
      comment: 'Files that import each other as values have no order in which to read them.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: importsThatRun },
    },
    {
      name: 'functions-know-nothing-of-local',
      comment: 'Nothing that runs in Lambda knows whether it runs on a laptop.',
      severity: 'error',
      from: { path: '^functions/' },
      to: { path: '^(packages/(local|cli)|infra)/' },
    },
    {
      name: 'infra-imports-names-and-step-lists',
      comment:
        'infra reads functions/environment.ts, @tenantry/tenancy and @tenantry/migrations of this repository.',
      severity: 'error',
      from: { path: '^infra/' },
      to: {
        path: '^(packages|functions)/',
        pathNot: ['^functions/environment\\.ts$', '^packages/(tenancy|migrations)/src/index\\.ts$'],
      },
    },
    {
      name: 'infra-imports-cdk-only',
      comment: 'infra needs aws-cdk-lib, constructs, cdk-nag and esbuild from npm.',
      severity: 'error',
      from: { path: '^infra/' },
      to: {
        path: '^node_modules/',
        pathNot: '^node_modules/(aws-cdk-lib|constructs|cdk-nag|esbuild|@types)/',
      },
    },
    {
      name: 'tenancy-imports-kysely-only',
      comment: 'tenancy imports kysely and nothing else from npm.',
      severity: 'error',
      from: { path: '^packages/tenancy/src/', pathNot: tests },
      to: { path: '^node_modules/', pathNot: '^node_modules/(kysely|@types)/' },
    },
    onlyFrom('only-database-reaches-postgresql', {
      comment:
        'Only database imports the RDS Data and Secrets Manager clients and pg; local imports pg, as the server of the Data API.',
      allowed: ['^packages/database/src/'],
      modules: 'node_modules/@aws-sdk/client-(rds-data|secrets-manager)/',
    }),
    onlyFrom('only-database-and-local-import-pg', {
      comment: 'Only database imports pg; local imports it too, as the server of the Data API.',
      allowed: ['^packages/(database|local)/src/'],
      modules: 'node_modules/pg(-cursor|-pool)?/',
    }),
    onlyFrom('only-cache-reaches-dynamodb', {
      comment: 'Only cache imports the DynamoDB and STS clients.',
      allowed: ['^packages/cache/src/'],
      modules: 'node_modules/@aws-sdk/client-(dynamodb|sts)/',
    }),
    onlyFrom('only-middleware-imports-middy', {
      comment: 'Only middleware and the routers of functions import middy.',
      allowed: ['^packages/middleware/src/', '^functions/(api|site)/'],
      modules: 'node_modules/@middy/',
    }),
    onlyFrom('only-ask-imports-prompts', {
      comment: 'A prompt without a terminal is a trap: ask.ts is the one gate.',
      allowed: ['^packages/cli/src/ask\\.ts$'],
      modules: 'node_modules/@clack/',
    }),
    onlyFrom('only-cli-imports-commander', {
      comment: 'Only cli reads command lines.',
      allowed: ['^packages/cli/src/'],
      modules: 'node_modules/(commander|@commander-js)/',
    }),
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere.',
      severity: 'error',
      from: { path: '^(packages|functions|infra|test|scripts)/' },
      // Types without code resolve to no file; the compiler checks those imports.
      to: { couldNotResolve: true, pathNot: '^aws-lambda$' },
    },
    {
      name: 'no-undeclared-dependencies',
      comment: 'A package imports from npm only what its own package.json names.',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: tests },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(cdk\\.out|\\.tenantry|coverage)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
