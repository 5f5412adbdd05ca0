/** Flags that are followed by their value. */
const valueFlags: readonly string[] = [
  '--tenant-id',
  '--stage',
  '--region',
  '--data',
  '--format',
  '--output',
  '-o',
  '--isolation-type',
  '--schema',
  '-s',
  '--exclude',
  '-x',
  '--executor',
  '--where',
  '--failed-in',
  '--sample',
  '--from-file',
  '--scope',
];

/** A command line without its first word, taken apart. */
interface OldArguments {
  readonly positionals: readonly string[];
  readonly flags: readonly { readonly name: string; readonly value: string | undefined }[];
}

type Rewrite = (words: readonly string[]) => string[];

/** Commands that people bring from Django, and what they are called here. */
const rewrites: Readonly<Record<string, Rewrite>> = {
  createtenant: (words) => ['tenant', 'create', ...words.flatMap(renameFlag)],
  showtenants: (words) => ['tenant', 'list', ...rewriteList(takeApart(words))],
  migratetenant: (words) => rewriteMigrate(takeApart(words)),
  migratealltenants: (words) => ['migrate', 'up', '--all', ...words.flatMap(renameFlag)],
  createtenantsuperuser: (words) => ['admin', 'create', ...words.flatMap(renameFlag)],
  runschema: (words) => ['run', ...rewriteSchemas(takeApart(words))],
  whowill: (words) => ['targets', ...rewriteSchemas(takeApart(words))],
};

/** Arguments whose command has an old name as today's arguments; undefined when it has none. */
export function findNewForm(argv: readonly string[]): string[] | undefined {
  const start = findStart(argv);
  const first = argv[start] ?? '';
  const rewrite = Object.hasOwn(rewrites, first) ? rewrites[first] : undefined;
  if (rewrite === undefined) return undefined;
  return [...argv.slice(0, start), ...rewrite(argv.slice(start + 1))];
}

/** Where the command begins: behind the flags that every command understands. */
function findStart(argv: readonly string[]): number {
  let index = 0;
  while (argv[index]?.startsWith('-')) index += valueFlags.includes(argv[index] ?? '') ? 2 : 1;
  return index;
}

function takeApart(words: readonly string[]): OldArguments {
  const positionals: string[] = [];
  const flags: { name: string; value: string | undefined }[] = [];
  const left = [...words];
  for (let word = left.shift(); word !== undefined; word = left.shift()) {
    const [name = '', ...value] = word.split('=');
    if (!word.startsWith('-')) positionals.push(word);
    else if (value.length > 0) flags.push({ name, value: value.join('=') });
    else flags.push({ name, value: valueFlags.includes(name) ? left.shift() : undefined });
  }
  return { positionals, flags };
}

/** `--tenant-id X` was a flag and is an argument now. */
function tenants({ positionals, flags }: OldArguments): string[] {
  const named = flags.flatMap(({ name, value }) =>
    name === '--tenant-id' && value !== undefined ? [value] : [],
  );
  return [...named, ...positionals];
}

/** `migratetenant --tenant-id X [module] [migration] [--fake] [--fake-initial] [--plan]`. */
function rewriteMigrate(old: OldArguments): string[] {
  const [tenant, module, migration] = tenants(old);
  const has = (flag: string): boolean => old.flags.some(({ name }) => name === flag);
  const flags = remainingFlags(old);
  const subject = tenant === undefined ? [] : [tenant];
  if (has('--fake-initial'))
    return [
      'migrate',
      'baseline',
      ...subject,
      '--reason',
      'migratetenant --fake-initial',
      ...flags,
    ];
  const id = migration === undefined ? [] : [`${module}/${migration}`];
  if (has('--fake'))
    return [
      'migrate',
      'mark',
      ...subject,
      ...id,
      '--applied',
      '--reason',
      'migratetenant --fake',
      ...flags,
    ];
  const moduleFlag = module === undefined ? [] : ['--module', module];
  if (migration === 'zero')
    return ['migrate', 'down', ...subject, ...moduleFlag, '--to', 'zero', ...flags];
  return [
    'migrate',
    'up',
    ...subject,
    ...moduleFlag,
    ...id.flatMap((to) => ['--to', to]),
    ...flags,
  ];
}

const newFlags: Readonly<Record<string, readonly string[]>> = {
  '--format': ['--output'],
  '--isolation-type': ['--isolation'],
  '--username': ['--name'],
  '--noinput': ['--no-input', '--yes'],
  '--tenant-id': [],
  '--fake': [],
  '--fake-initial': [],
};

/** `showtenants --isolation-type X`. */
function rewriteList({ positionals, flags }: OldArguments): string[] {
  const words = flags.flatMap(({ name, value = '' }) =>
    name === '--isolation-type'
      ? ['--where', `isolation=${value}`]
      : remainingFlags({ positionals: [], flags: [{ name, value: value || undefined }] }),
  );
  return [...positionals, ...words];
}

function remainingFlags({ flags }: OldArguments): string[] {
  return flags.flatMap(({ name, value }) =>
    name === '--tenant-id'
      ? []
      : [...(newFlags[name] ?? [name]), ...(value === undefined ? [] : [value])],
  );
}

/** `--tenant-id X` was a flag and is an argument now, so the flag alone goes. */
function renameFlag(word: string): string[] {
  if (word.startsWith('--tenant-id=')) return [word.slice('--tenant-id='.length)];
  const [flag = '', ...value] = word.split('=');
  const renamed = Object.hasOwn(newFlags, flag) ? newFlags[flag] : undefined;
  if (renamed === undefined) return [word];
  return value.length === 0 ? [...renamed] : [...renamed, value.join('=')];
}

const schemaFlags: Readonly<Record<string, readonly string[]>> = {
  '-as': ['--all', '--scope', 'all'],
  '--include-all-schemas': ['--all', '--scope', 'all'],
  '-ss': ['--scope', 'static'],
  '--include-static-schemas': ['--scope', 'static'],
  '-ds': ['--all'],
  '-ts': ['--all'],
  '--include-dynamic-schemas': ['--all'],
  '--include-tenant-schemas': ['--all'],
  '--parallel': ['--concurrency', '8'],
  '--noinput': ['--no-input', '--yes'],
};

/** `-s A` names a schema; the flags with two letters name groups of them. */
function rewriteSchemas({ positionals, flags }: OldArguments): string[] {
  const words = flags.flatMap(({ name, value = '' }) => {
    if (name === '-s' || name === '--schema') return [value];
    if (name === '-x' || name === '--exclude') return ['--exclude', value];
    if (name === '--executor') return value === 'parallel' ? ['--concurrency', '8'] : [];
    if (Object.hasOwn(schemaFlags, name)) return [...(schemaFlags[name] ?? [])];
    return value === '' ? [name] : [name, value];
  });
  return [...positionals, ...words];
}
