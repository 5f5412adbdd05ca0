/** The part of package-lock.json that says what is installed. */
export interface Lockfile {
  readonly packages: Readonly<Record<string, LockedPackage>>;
}

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly engines?: unknown;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** An optional dependency without an entry, and the package that wants it. */
export interface MissingOptional {
  readonly name: string;
  readonly version: string;
  readonly parent: LockedPackage;
}

/**
 * Optional dependencies that have no entry in the lock file. npm leaves a program of another platform out when it could not be had at
 * that moment, and `npm ci` then refuses the whole file.
 */
export function findMissingOptionals(lockfile: Lockfile): MissingOptional[] {
  const names = new Set(Object.keys(lockfile.packages).map(nameOf));
  const wanted = Object.values(lockfile.packages).flatMap((parent) =>
    Object.entries(parent.optionalDependencies ?? {}).map(([name, version]) => ({
      name,
      version,
      parent,
    })),
  );
  return wanted.filter(({ name }) => !names.has(name));
}

/** The lock file with an entry for each missing optional dependency; throws for a name that does not say its platform. */
export function completeLockfile<Whole extends Lockfile>(lockfile: Whole): Whole {
  const added = findMissingOptionals(lockfile).map(
    (missing) => [`node_modules/${missing.name}`, toEntry(missing)] as const,
  );
  const entries = [...Object.entries(lockfile.packages), ...added];
  return {
    ...lockfile,
    packages: Object.fromEntries(entries.toSorted(([a], [b]) => a.localeCompare(b, 'en'))),
  };
}

/** `node_modules/a/node_modules/@scope/b` is a place of `@scope/b`. */
function nameOf(place: string): string {
  return place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Names of platforms' programs end in `<os>-<cpu>`, on Linux with the C library behind: `binding-linux-arm64-musl`. */
const platformName =
  /(?<os>android|darwin|freebsd|linux|openharmony|win32)-(?<cpu>[a-z0-9]+)(-(?<abi>[a-z]+))?$/;

function toEntry({ name, version, parent }: MissingOptional): object {
  const { os, cpu, abi } = platformName.exec(name)?.groups ?? {};
  if (os === undefined) throw new Error(`${name} does not say which platform it is for`);
  const libc = abi?.startsWith('musl') === true ? 'musl' : 'glibc';
  return {
    version,
    cpu: [cpu],
    dev: true,
    ...(os === 'linux' && abi !== undefined ? { libc: [libc] } : {}),
    license: parent.license ?? 'MIT',
    optional: true,
    os: [os],
    ...(parent.engines === undefined ? {} : { engines: parent.engines }),
  };
}
