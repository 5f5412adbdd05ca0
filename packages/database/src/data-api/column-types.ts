/**
 * What the dialect knows of the columns: table name to column name to the name of PostgreSQL's type as in `pg_type.typname` (`uuid`,
 * `timestamptz`, `_text` for an array of text, an enum's own name). Names carry no schema.
 */
export type ColumnTypes = Readonly<Record<string, Readonly<Record<string, string>>>>;
