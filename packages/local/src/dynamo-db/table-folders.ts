import { AwsError } from '../aws/aws-error.ts';
import type { Dynalite } from './dynalite.ts';
import { openTableStore, type LocalTable } from './table-store.ts';

/** Tables whose items are kept together. */
export interface TableFolder {
  /** Folder of the items. */
  readonly dir: string;
  readonly tables: readonly LocalTable[];
}

/** All tables by folder. */
export interface TableFolders {
  /** The table with this name or ARN. Throws `ResourceNotFoundException`. */
  getTable(nameOrArn: string): LocalTable;
  /** The store that holds all these tables. Throws `ValidationException` for none, and for tables of several folders. */
  open(tables: readonly string[]): Promise<Dynalite>;
  add(folder: TableFolder): void;
  remove(dir: string): Promise<void>;
  close(): Promise<void>;
}

/** No folder yet; each is opened when it is needed. */
export function createTableFolders(): TableFolders {
  const byDir = new Map<string, OpenFolder>();
  const find = (nameOrArn: string) => {
    for (const folder of byDir.values()) {
      const table = folder.find(nameOrArn);
      if (table !== undefined) return { folder, table };
    }
    throw new AwsError('ResourceNotFoundException', 'Requested resource not found');
  };
  return {
    getTable: (nameOrArn) => find(nameOrArn).table,
    open: async (tables) => {
      const [folder, ...others] = new Set(tables.map((name) => find(name).folder));
      if (folder === undefined) throw new AwsError('ValidationException', 'No table is named.');
      if (others.length > 0)
        throw new AwsError('ValidationException', 'One request here reaches tables of one stack.');
      return await folder.open();
    },
    add: (folder) => {
      const known = byDir.get(folder.dir);
      if (known === undefined) byDir.set(folder.dir, new OpenFolder(folder));
      else known.replace(folder.tables);
    },
    remove: async (dir) => {
      const folder = byDir.get(dir);
      byDir.delete(dir);
      await folder?.close();
    },
    close: async () => {
      await Promise.all([...byDir.values()].map((folder) => folder.close()));
    },
  };
}

class OpenFolder {
  readonly #dir: string;
  #tables: readonly LocalTable[];
  #store: Promise<Dynalite> | undefined;

  constructor({ dir, tables }: TableFolder) {
    this.#dir = dir;
    this.#tables = tables;
  }

  find(nameOrArn: string): LocalTable | undefined {
    return this.#tables.find(({ name, arn }) => name === nameOrArn || arn === nameOrArn);
  }

  async open(): Promise<Dynalite> {
    this.#store ??= openTableStore(this.#dir, this.#tables);
    return await this.#store;
  }

  /** Other tables in the same folder: a store that is open is opened again, to make what is missing. */
  replace(tables: readonly LocalTable[]): void {
    this.#tables = tables;
    const former = this.#store;
    if (former === undefined) return;
    this.#store = former
      .then((store) => store.close())
      .then(() => openTableStore(this.#dir, this.#tables));
    // Whoever asks for the store is told.
    this.#store.catch(() => undefined);
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await (await store)?.close();
  }
}
