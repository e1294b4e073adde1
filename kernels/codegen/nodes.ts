/**
 * The records that expressions of a vector program are: what back ends read. An element type and a number of lanes
 * make a type; one lane is a scalar, and i32 of one lane is an integer for addressing.
 * Apart from expressions.ts, which builds and checks them.
 */

export type Element = "f32" | "f64" | "i32";

/** Elements as they may lie in memory. Bytes are i32 when loaded, and are stored with saturation. */
export type MemoryElement = Element | "i8" | "u8";

export interface VectorType {
  readonly element: Element;
  readonly lanes: number;
}

export const bytesOf: Readonly<Record<MemoryElement, number>> = { f32: 4, f64: 8, i32: 4, i8: 1, u8: 1 };

/** What an element is once it has been loaded. */
export function loadedAs(element: MemoryElement): Element {
  return isByte(element) ? "i32" : element;
}

export function isByte(element: MemoryElement): element is "i8" | "u8" {
  return element === "i8" || element === "u8";
}

/** The least and the greatest byte: what a store keeps an i32 between. */
export const byteRange = { i8: [-128, 127], u8: [0, 255] } as const;

export type BinaryOperator =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "min"
  | "max"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "shr"
  | "ushr"
  | "rem"
  | "udiv"
  | "scale";
export type UnaryOperator = "neg" | "abs" | "sqrt" | "round" | "floor" | "exponent" | "significand";
export type CompareOperator = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

/** The block in which a name may be used; closed when the builder leaves it. */
export interface Scope {
  open: boolean;
}

interface Typed {
  readonly type: VectorType;
}
export interface Constant extends Typed {
  readonly op: "constant";
  readonly value: number;
}
export interface Name extends Typed {
  readonly op: "name";
  readonly name: string;
  readonly mutable: boolean;
  readonly scope: Scope;
}
export interface Load extends Typed {
  readonly op: "load";
  readonly address: Address;
  /** Only these lanes are read; the others are 0. */
  readonly tail?: Tail | undefined;
}
export interface Broadcast extends Typed {
  readonly op: "broadcast";
  readonly address: Address;
}
export interface Splat extends Typed {
  readonly op: "splat";
  readonly value: Value;
}
export interface Binary extends Typed {
  readonly op: "binary";
  readonly operator: BinaryOperator;
  readonly left: Value;
  readonly right: Value;
}
export interface Unary extends Typed {
  readonly op: "unary";
  readonly operator: UnaryOperator;
  readonly value: Value;
}
export interface MultiplyAdd extends Typed {
  readonly op: "multiplyAdd";
  readonly left: Value;
  readonly right: Value;
  readonly addend: Value;
}
export interface Select extends Typed {
  readonly op: "select";
  readonly mask: Mask;
  readonly yes: Value;
  readonly no: Value;
}
export interface Convert extends Typed {
  readonly op: "convert";
  readonly value: Value;
}
/** The same bits as another type. */
export interface Reinterpret extends Typed {
  readonly op: "reinterpret";
  readonly value: Value;
}
export interface Sum extends Typed {
  readonly op: "sum";
  readonly value: Value;
}
export interface Lane extends Typed {
  readonly op: "lane";
  readonly value: Value;
  readonly lane: number;
}
/** How a dot product splits its lanes of 32 bits; see packed-integers.ts. */
export type DotParts = "bytes" | "sevenBits" | "pairs";
export interface Dot extends Typed {
  readonly op: "dot";
  readonly parts: DotParts;
  readonly left: Value;
  readonly right: Value;
  readonly addend: Value;
}
/** floor((left * right + half) / 2^shift) of i32, the product in 64 bits; half is 2^(shift - 1) where it rounds. */
export interface MultiplyShift extends Typed {
  readonly op: "multiplyShift";
  readonly left: Value;
  readonly right: Value;
  readonly shift: number;
  readonly rounds: boolean;
}
export interface Interleave extends Typed {
  readonly op: "interleave";
  readonly half: Half;
  readonly left: Value;
  readonly right: Value;
}

/** Which half of the lanes of two vectors: interleaved those of one half, or taken those with even or odd numbers. */
export type Half = "low" | "high" | "even" | "odd";

/** The lanes that a half consists of, in order; numbers from `lanes` on mean the second vector. */
export function lanesOfHalf(half: Half, lanes: number): readonly number[] {
  const first = half === "high" ? lanes / 2 : half === "odd" ? 1 : 0;
  const together = half === "low" || half === "high";
  return Array.from({ length: lanes }, (_, l) => first + (together ? (l >> 1) + (l % 2) * lanes : 2 * l));
}

/** A vector of W lanes, or a scalar where W is 1. */
export type Value =
  | Constant
  | Name
  | Load
  | Broadcast
  | Splat
  | Binary
  | Unary
  | MultiplyAdd
  | Dot
  | MultiplyShift
  | Select
  | Convert
  | Reinterpret
  | Sum
  | Lane
  | Interleave;

/** The outcome of a comparison, lane by lane; good for `select` and, with one lane, for `if`. */
export interface Mask {
  readonly op: "compare";
  readonly operator: CompareOperator;
  /** The type of what is compared. */
  readonly of: VectorType;
  readonly left: Value;
  readonly right: Value;
}

/**
 * How many leading lanes of a vector count at the edge of a matrix: none where the count is 0 or negative, all where it
 * is the number of lanes or more. A back end keeps it as a mask register, a mask vector or the count itself.
 */
export interface Tail {
  readonly op: "tail";
  readonly type: VectorType;
  readonly name: string;
  readonly scope: Scope;
}

export interface PointerName<E extends MemoryElement = Element> {
  readonly op: "pointer";
  readonly element: E;
  readonly name: string;
  readonly mutable: boolean;
  readonly scope: Scope;
}
export interface Advance<E extends MemoryElement = Element> {
  readonly op: "advance";
  readonly element: E;
  readonly pointer: Pointer<E>;
  /** In elements. */
  readonly by: Value;
}

/** Where elements of one type lie. */
export type Pointer<E extends MemoryElement = Element> = PointerName<E> | Advance<E>;
/** A pointer to elements of any type, bytes too. */
export type AnyPointer = Pointer<MemoryElement>;

/** An element's place: pointer + index + offset, both in elements; the offset is a constant and costs nothing. */
export interface Address {
  readonly pointer: AnyPointer;
  readonly index: Value | undefined;
  readonly offset: number;
}

export type Operand = Value | number;

/** Anything that can stand inside a statement. */
export type Expression = Value | AnyPointer | Mask;

export function isPointer(expression: Expression): expression is AnyPointer {
  return expression.op === "pointer" || expression.op === "advance";
}

/**
 * Calls `visit` for the expressions that an expression is made of, in order of evaluation; addresses apart. Without a
 * list of them: programs are walked several times before they run once, in code that V8 has not optimised yet.
 */
export function eachChild(expression: Expression, visit: (child: Expression) => void): void {
  switch (expression.op) {
    case "binary":
    case "interleave":
    case "compare":
    case "multiplyShift":
      visit(expression.left);
      visit(expression.right);
      break;
    case "multiplyAdd":
    case "dot":
      visit(expression.left);
      visit(expression.right);
      visit(expression.addend);
      break;
    case "select":
      visit(expression.yes);
      visit(expression.no);
      visit(expression.mask);
      break;
    case "splat":
    case "unary":
    case "convert":
    case "reinterpret":
    case "sum":
    case "lane":
      visit(expression.value);
      break;
    case "advance":
      visit(expression.pointer);
      visit(expression.by);
  }
}

/** The same expressions as a list. */
export function childrenOf(expression: Expression): readonly Expression[] {
  const children: Expression[] = [];
  eachChild(expression, (child) => children.push(child));
  return children;
}

export const integerType: VectorType = { element: "i32", lanes: 1 };

/** `f32x4`, `i32`: the type as the field writes it. */
export function typeText(type: VectorType): string {
  return type.lanes === 1 ? type.element : `${type.element}x${type.lanes}`;
}

export function sameType(left: VectorType, right: VectorType): boolean {
  return left.element === right.element && left.lanes === right.lanes;
}
