/** Commands that people bring from Django, and what they are called here. */
const newNames: Readonly<Record<string, readonly string[]>> = {
  createtenant: ['tenant', 'create'],
  migratetenant: ['migrate', 'up'],
  migratealltenants: ['migrate', 'up', '--all'],
  showtenants: ['tenant', 'list'],
};

const newFlags: Readonly<Record<string, string>> = {
  '--format': '--output',
  '--isolation-type': '--isolation',
};

/** Arguments with an old command name in front as today's arguments; undefined when the first one is no old name. */
export function findNewForm(argv: readonly string[]): string[] | undefined {
  const [first = '', ...rest] = argv;
  const names = Object.hasOwn(newNames, first) ? newNames[first] : undefined;
  if (names === undefined) return undefined;
  return [...names, ...rest.flatMap(renameFlag)];
}

/** `--tenant-id X` was a flag and is an argument now, so the flag alone goes. */
function renameFlag(word: string): string[] {
  if (word === '--tenant-id') return [];
  if (word.startsWith('--tenant-id=')) return [word.slice('--tenant-id='.length)];
  const [flag = '', ...value] = word.split('=');
  const renamed = Object.hasOwn(newFlags, flag) ? newFlags[flag] : undefined;
  return [renamed === undefined ? word : [renamed, ...value].join('=')];
}
