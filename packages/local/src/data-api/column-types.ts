import { DataApiError } from './data-api-error.ts';
import { enumType, findBuiltInType, firstUserOid, type FoundType } from './postgres-types.ts';
import type { Session } from './session.ts';
import type { ColumnDescription } from './statement-run.ts';

/** Types of a database's own by OID: an enum, or the name of a type that cannot be returned. */
type UserTypes = Map<number, FoundType | string>;

/** Finds the types of result columns; remembers those that users made. */
export class ColumnTypes {
  readonly #byDatabase = new Map<string, UserTypes>();

  /** One type for each column. Throws `UnsupportedResultException` for a type that the Data API cannot return. */
  async get(
    columns: readonly ColumnDescription[],
    source: { session: Session; database: string },
  ): Promise<readonly FoundType[]> {
    const types: FoundType[] = [];
    for (const { dataTypeID } of columns) {
      const type = findBuiltInType(dataTypeID) ?? (await this.#find(dataTypeID, source));
      if (typeof type === 'string') throw unsupported(type);
      types.push(type);
    }
    return types;
  }

  async #find(
    oid: number,
    { session, database }: { session: Session; database: string },
  ): Promise<FoundType | string> {
    const known = this.#byDatabase.get(database) ?? new Map<number, FoundType | string>();
    this.#byDatabase.set(database, known);
    const type = known.get(oid) ?? (await readType(oid, session));
    known.set(oid, type);
    return type;
  }
}

async function readType(oid: number, session: Session): Promise<FoundType | string> {
  const { rows } = await session.run({
    text: `select typname::text, typtype::text from pg_catalog.pg_type where oid = $1`,
    types: [26],
    values: [String(oid)],
  });
  const [name, kind] = rows[0] ?? [];
  if (typeof name !== 'string') return `of OID ${oid}`;
  if (kind === 'e') return enumType(name);
  return oid < firstUserOid ? nameBuiltIn(name) : name;
}

/** Aurora names these as its own driver does: `INTERVAL`, `"CHAR"`, but `regclass`. */
function nameBuiltIn(name: string): string {
  if (name === 'char') return '"CHAR"';
  return name.startsWith('reg') ? name : name.toUpperCase();
}

function unsupported(name: string): DataApiError {
  return new DataApiError(
    'UnsupportedResultException',
    `The result contains the unsupported data type ${name}. Cast the column to text.`,
  );
}
