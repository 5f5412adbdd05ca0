import { deriveName } from './derive-name.ts';

/** Something of a table that has a name: an index, a constraint, a trigger; or a relation of its own, which is its own table. */
interface SchemaObject {
  readonly kind: 'relation' | 'constraint' | 'trigger';
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  /** In foreign keys: whether it changes rows of its own table when those it refers to change. */
  readonly isCascading?: boolean;
}

type Kind = SchemaObject['kind'];

/**
 * The objects of a schema as the migrations so far have left them, as far as their text tells: for the names that PostgreSQL would make,
 * and for what a statement does to tables it does not name.
 */
export class SchemaObjects {
  #objects: readonly SchemaObject[] = [];
  /** Tables that got a column after they were made. */
  #grown: readonly string[] = [];
  #partitions: readonly { readonly name: string; readonly parent: string }[] = [];

  /** The same objects, to be changed apart from these. */
  copy(): SchemaObjects {
    const copied = new SchemaObjects();
    copied.#objects = this.#objects;
    copied.#grown = this.#grown;
    copied.#partitions = this.#partitions;
    return copied;
  }

  /** A table, a view or a sequence. */
  addRelation(name: string): void {
    this.#add({ kind: 'relation', name, table: name, columns: [] });
  }

  addIndex(name: string, table: string, columns: readonly string[]): void {
    this.#add({ kind: 'relation', name, table, columns });
  }

  /** A primary key or a unique constraint, which is an index as well. */
  addKey(name: string, table: string, columns: readonly string[]): void {
    this.addIndex(name, table, columns);
    this.addConstraint({ name, table, columns });
  }

  addConstraint(constraint: Omit<SchemaObject, 'kind'>): void {
    this.#add({ kind: 'constraint', ...constraint });
  }

  /** A trigger that fires when rows are changed or deleted. */
  addTrigger(name: string, table: string): void {
    this.#add({ kind: 'trigger', name, table, columns: [] });
  }

  addPartition(name: string, parent: string): void {
    this.#partitions = [...this.#partitions, { name, parent }];
  }

  addColumn(table: string): void {
    this.#grown = [...this.#grown, table];
  }

  /** Whether columns of the table stand behind the tenant's. */
  hasGrown(table: string): boolean {
    return this.#grown.includes(table);
  }

  /** A trigger of the table that fires when rows are changed or deleted. */
  findTrigger(table: string): string | undefined {
    return this.#findInTree(table, ({ kind }) => kind === 'trigger');
  }

  /** A foreign key of the table that changes or deletes its rows by itself. */
  findCascade(table: string): string | undefined {
    return this.#findInTree(table, ({ isCascading }) => isCascading === true);
  }

  hasForeignKey(table: string): boolean {
    return this.#objects.some(
      (object) => object.table === table && object.isCascading !== undefined,
    );
  }

  /** The table and all partitions below it. */
  #withPartitions(table: string): string[] {
    const below = this.#partitions.filter(({ parent }) => parent === table);
    return [table, ...below.flatMap(({ name }) => this.#withPartitions(name))];
  }

  nameKey(table: string, columns: readonly string[]): string {
    return deriveName({ table, columns, label: 'key' }, this.#isTaken('relation', 'constraint'));
  }

  namePrimaryKey(table: string): string {
    return deriveName(
      { table, columns: [], label: 'pkey' },
      this.#isTaken('relation', 'constraint'),
    );
  }

  nameIndex(table: string, columns: readonly string[]): string {
    return deriveName({ table, columns, label: 'idx' }, this.#isTaken('relation'));
  }

  nameForeignKey(table: string, columns: readonly string[]): string {
    return deriveName({ table, columns, label: 'fkey' }, this.#isTaken('constraint'));
  }

  /** A table with all that belongs to it, an index, a view or a sequence. */
  removeRelation(name: string): void {
    this.#remove((object) => object.table === name || object.name === name);
    this.#grown = this.#grown.filter((table) => table !== name);
    this.detachPartition(name);
  }

  removeConstraint(table: string, name: string): void {
    this.#remove((object) => object.table === table && object.name === name);
  }

  removeTrigger(table: string, name: string): void {
    this.#remove(
      (object) => object.kind === 'trigger' && object.table === table && object.name === name,
    );
  }

  removeColumn(table: string, column: string): void {
    this.#remove((object) => object.table === table && object.columns.includes(column));
  }

  detachPartition(name: string): void {
    this.#partitions = this.#partitions.filter((partition) => partition.name !== name);
  }

  /** A constraint or a trigger. */
  renamePart(table: string, from: string, to: string): void {
    this.#objects = this.#objects.map((object) =>
      object.table === table && object.name === from ? { ...object, name: to } : object,
    );
  }

  /** A relation. */
  rename(from: string, to: string): void {
    const renamed = (name: string): string => (name === from ? to : name);
    this.#objects = this.#objects.map((object) => ({
      ...object,
      name: renamed(object.name),
      table: renamed(object.table),
    }));
    this.#grown = this.#grown.map(renamed);
    this.#partitions = this.#partitions.map(({ name, parent }) => ({
      name: renamed(name),
      parent: renamed(parent),
    }));
  }

  renameColumn(table: string, from: string, to: string): void {
    this.#objects = this.#objects.map((object) =>
      object.table === table
        ? { ...object, columns: object.columns.map((column) => (column === from ? to : column)) }
        : object,
    );
  }

  #add(object: SchemaObject): void {
    this.#objects = [...this.#objects, object];
  }

  /** Of the tables that are partitioned together; what one has, others have or get from it. */
  #findInTree(table: string, isMeant: (object: SchemaObject) => boolean): string | undefined {
    const tree = this.#withPartitions(this.#rootOf(table));
    return this.#objects.find((object) => tree.includes(object.table) && isMeant(object))?.name;
  }

  #rootOf(table: string): string {
    const parent = this.#partitions.find(({ name }) => name === table)?.parent;
    return parent === undefined ? table : this.#rootOf(parent);
  }

  #remove(isRemoved: (object: SchemaObject) => boolean): void {
    this.#objects = this.#objects.filter((object) => !isRemoved(object));
  }

  #isTaken(...kinds: readonly Kind[]): (name: string) => boolean {
    return (name) =>
      this.#objects.some((object) => object.name === name && kinds.includes(object.kind));
  }
}
