import {
  AndNode,
  CaseNode,
  FunctionNode,
  InsertQueryNode,
  OperatorNode,
  ParensNode,
  PrimitiveValueListNode,
  ReferenceNode,
  ReturningNode,
  TupleNode,
  ValueListNode,
  ValueNode,
  type BinaryOperationNode,
  type CompiledQuery,
  type ColumnUpdateNode,
  type OperationNode,
  type OrderByItemNode,
  type QueryId,
  type RootOperationNode,
  type SelectionNode,
  type SelectQueryNode,
  type ValuesNode,
} from 'kysely';
import { elementTypeOf, isBuiltinType } from './builtin-types.ts';
import { alternativesOf, findType, nameOf, type ColumnType } from './column-scope.ts';
import { castOf } from './convert-value.ts';
import { encodeValue } from './encode-value.ts';
import {
  findResultColumns,
  findTextType,
  toReference,
  type ResultColumn,
} from './find-result-columns.ts';
import { setTextColumns } from './result-columns.ts';
import { ScopedQueryCompiler } from './scoped-query-compiler.ts';

/** What the values of a list are for: all for one column, or each for a column of its own. */
type Expected = ColumnType | readonly (ColumnType | undefined)[] | undefined;

/** Operators whose two sides are of one type. */
const comparisons: ReadonlySet<string> = new Set(
  '=,==,!=,<>,<,<=,>,>=,in,not in,between,between symmetric,is distinct from,is not distinct from,@>,<@,&&'.split(
    ',',
  ),
);

/**
 * Compiles to the named placeholders of the Data API, `:p1`, each with a cast: to the type of the column that the value is written to or
 * compared with, or, where that is not known, to the one that follows from the value's type in the program.
 */
export class DataApiQueryCompiler extends ScopedQueryCompiler {
  #textColumns = new Map<string, ResultColumn>();

  override compileQuery(node: RootOperationNode, queryId: QueryId): CompiledQuery {
    // Kysely keeps a compiler for many queries.
    this.#textColumns = new Map();
    const query = super.compileQuery(node, queryId);
    if (this.#textColumns.size > 0) {
      setTextColumns(
        query,
        new Map([...this.#textColumns].map(([label, { type = 'text' }]) => [label, type])),
      );
    }
    return query;
  }

  protected override visitSelection(node: SelectionNode): void {
    const columns = this.#isOfResult() ? findResultColumns(this.scope, node) : undefined;
    if (columns === undefined) {
      super.visitSelection(node);
      return;
    }
    for (const [index, column] of columns.entries()) {
      if (index > 0) this.append(', ');
      this.#selectColumn(column);
    }
  }

  /** Whether the selection being visited is one of the outermost query, and not of one that must match another. */
  #isOfResult(): boolean {
    const [query, parent] = this.nodeStack;
    const isOutermost =
      this.nodeStack.length === 2 ||
      (this.nodeStack.length === 3 && parent !== undefined && ReturningNode.is(parent));
    return isOutermost && (query as Partial<SelectQueryNode>).setOperations === undefined;
  }

  #selectColumn(column: ResultColumn): void {
    const isText = findTextType(column) !== undefined;
    if (isText) this.#textColumns.set(column.label, column);
    this.append(isText ? 'cast(' : '');
    this.#appendReference(column);
    this.append(isText ? ' as text) as ' : ' as ');
    this.append(this.#quote(column.label));
  }

  /** A bare name would mean the result's column, which is text and sorts as text. */
  protected override visitOrderByItem(node: OrderByItemNode): void {
    const name = nameOf(node.orderBy);
    const isBare = !(ReferenceNode.is(node.orderBy) && node.orderBy.table !== undefined);
    const column = name === undefined || !isBare ? undefined : this.#textColumns.get(name);
    super.visitOrderByItem(column === undefined ? node : { ...node, orderBy: toReference(column) });
  }

  #appendReference({ table, column }: ResultColumn): void {
    if (table !== undefined) this.append(`${this.#quote(table)}.`);
    this.append(this.#quote(column));
  }

  #quote(identifier: string): string {
    return `"${this.sanitizeIdentifier(identifier)}"`;
  }

  protected override visitValues(node: ValuesNode): void {
    const { parentNode } = this;
    const columns =
      parentNode !== undefined && InsertQueryNode.is(parentNode) ? parentNode.columns : undefined;
    const expected = columns?.map((column) => this.#targetType(column));
    this.append('values ');
    for (const [index, list] of node.values.entries()) {
      if (index > 0) this.append(', ');
      this.#visitExpected(list, expected);
    }
  }

  protected override visitColumnUpdate(node: ColumnUpdateNode): void {
    this.visitNode(node.column);
    this.append(' = ');
    this.#visitExpected(node.value, this.#targetType(node.column));
  }

  protected override visitBinaryOperation(node: BinaryOperationNode): void {
    const { leftOperand, operator, rightOperand } = node;
    const isComparison = OperatorNode.is(operator) && comparisons.has(operator.operator);
    const left = isComparison ? this.#typeOf(leftOperand) : undefined;
    const right = isComparison ? this.#typeOf(rightOperand) : undefined;
    this.#visitExpected(leftOperand, right);
    this.append(' ');
    this.visitNode(operator);
    this.append(' ');
    this.#visitExpected(rightOperand, left);
  }

  #typeOf(node: OperationNode): Expected {
    if (ParensNode.is(node)) return this.#typeOf(node.node);
    if (TupleNode.is(node)) return node.values.map((value) => findType(this.scope, value));
    return findType(this.scope, node);
  }

  #targetType(column: OperationNode): ColumnType | undefined {
    const name = nameOf(column);
    return name === undefined ? undefined : this.scope?.sources[0]?.columns?.get(name);
  }

  /** Visits values that go with columns; what is no value is left to itself. */
  #visitExpected(node: OperationNode, expected: Expected): void {
    if (expected === undefined) this.visitNode(node);
    else if (ParensNode.is(node)) this.#visitList([node.node], expected);
    else if (AndNode.is(node)) this.#visitBounds(node, expected);
    else if (ValueListNode.is(node) || TupleNode.is(node)) this.#visitList(node.values, expected);
    else if (PrimitiveValueListNode.is(node)) {
      this.#visitList(
        node.values.map((value) => ValueNode.create(value)),
        expected,
      );
    } else if (Array.isArray(expected)) this.visitNode(node);
    else this.#visitSingle(node, expected as ColumnType);
  }

  #visitSingle(node: OperationNode, type: ColumnType): void {
    if (ValueNode.is(node) && node.immediate !== true) this.#appendCast(node.value, type);
    else if (isQuantifier(node)) {
      this.append(node.func);
      const array = { name: `_${type.name}`, schema: type.schema };
      this.#visitList(node.arguments, array);
    } else if (CaseNode.is(node)) this.#visitCase(node, findType(this.scope, node) ?? type);
    else if (isChoice(node)) this.#visitChoice(node, findType(this.scope, node) ?? type);
    else this.visitNode(node);
  }

  protected override visitFunction(node: FunctionNode): void {
    if (isChoice(node)) this.#visitChoice(node, findType(this.scope, node));
    else super.visitFunction(node);
  }

  #visitChoice({ func, arguments: values }: FunctionNode, type: ColumnType | undefined): void {
    this.append(func);
    this.#visitList(values, type);
  }

  protected override visitCase(node: CaseNode): void {
    this.#visitCase(node, findType(this.scope, node));
  }

  #visitCase(node: CaseNode, type: ColumnType | undefined): void {
    const { value, when = [], else: other, isStatement } = node;
    this.append('case ');
    if (value !== undefined) {
      this.visitNode(value);
      this.append(' ');
    }
    const compared = value === undefined ? undefined : this.#typeOf(value);
    for (const { condition, result } of when) {
      this.append('when ');
      this.#visitExpected(condition, compared);
      this.#appendBefore(' then ', result, type);
      this.append(' ');
    }
    this.#appendBefore('else ', other, type);
    this.append(`${other === undefined ? '' : ' '}end${isStatement === true ? ' case' : ''}`);
  }

  #appendBefore(word: string, node: OperationNode | undefined, type: ColumnType | undefined): void {
    if (node === undefined) return;
    this.append(word);
    this.#visitExpected(node, type);
  }

  #visitBounds({ left, right }: AndNode, expected: Expected): void {
    this.#visitExpected(left, expected);
    this.append(' and ');
    this.#visitExpected(right, expected);
  }

  #visitList(nodes: readonly OperationNode[], expected: Expected): void {
    this.append('(');
    for (const [index, node] of nodes.entries()) {
      if (index > 0) this.append(', ');
      const isRow = ValueListNode.is(node) || TupleNode.is(node) || !isList(expected);
      this.#visitExpected(node, isRow ? expected : expected[index]);
    }
    this.append(')');
  }

  #appendCast(value: unknown, type: ColumnType): void {
    this.append('cast(');
    super.appendValue(encodeValue(value, type.name));
    this.append(` as ${this.#typeName(type)})`);
  }

  /** A type of the user's own is looked for in the schema that the table was named with. */
  #typeName({ name, schema }: ColumnType): string {
    const element = elementTypeOf(name);
    if (isBuiltinType(element ?? name)) return element === undefined ? name : `${element}[]`;
    return schema === undefined ? this.#quote(name) : `${this.#quote(schema)}.${this.#quote(name)}`;
  }

  protected override appendValue(value: unknown): void {
    const cast = castOf(value);
    if (cast !== undefined) this.append('cast(');
    super.appendValue(value);
    if (cast !== undefined) this.append(` as ${cast})`);
  }

  protected override getCurrentParameterPlaceholder(): string {
    return `:p${this.numParameters}`;
  }
}

function isList(expected: Expected): expected is readonly (ColumnType | undefined)[] {
  return Array.isArray(expected);
}

/** A function whose value is one of its arguments. */
function isChoice(node: OperationNode): node is FunctionNode {
  return FunctionNode.is(node) && alternativesOf(node) !== undefined;
}

/** `any`, `all` and `some` compare with each element of an array. */
function isQuantifier(node: OperationNode): node is FunctionNode {
  return FunctionNode.is(node) && /^(any|all|some)$/.test(node.func);
}
