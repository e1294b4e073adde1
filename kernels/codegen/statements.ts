/**
 * The statements of a vector program as plain records: all that a back end sees. Structured control flow only, so
 * that a back end can allocate registers by walking once from top to bottom.
 */
import type {
  Address,
  AnyPointer,
  Element,
  Mask,
  MemoryElement,
  Name,
  PointerName,
  Tail,
  Value,
} from "./expressions.ts";

export type Variable = Name | PointerName<MemoryElement>;

/** Introduces a name: constant for the rest of its block (`let`), or one that `set` may change (`variable`). */
export interface Define {
  readonly op: "define";
  readonly name: Variable;
  readonly value: Value | AnyPointer;
}
export interface Assign {
  readonly op: "assign";
  readonly name: Variable;
  readonly value: Value | AnyPointer;
}
/** Introduces a tail: the number of leading lanes that loads and stores with it touch. */
export interface DefineTail {
  readonly op: "tail";
  readonly name: Tail;
  readonly count: Value;
}
export interface Store {
  readonly op: "store";
  readonly address: Address;
  readonly value: Value;
  /** Only these lanes are written. */
  readonly tail?: Tail | undefined;
}
/** Asks for the cache line at an address; computes nothing, and an address outside of memory does no harm. */
export interface Prefetch {
  readonly op: "prefetch";
  readonly address: Address;
}
/** `for (counter = from; counter < to; counter += step)`; both bounds are constants or names that do not change. */
export interface Loop {
  readonly op: "loop";
  readonly counter: Name;
  readonly from: Value;
  readonly to: Value;
  readonly step: number;
  readonly body: readonly Statement[];
}
export interface If {
  readonly op: "if";
  readonly condition: Mask;
  readonly whenTrue: readonly Statement[];
  readonly whenFalse: readonly Statement[];
}
/** Carried into the generated code, for the reader. */
export interface Comment {
  readonly op: "comment";
  readonly text: string;
}

export type Statement = Define | Assign | DefineTail | Store | Prefetch | Loop | If | Comment;

/** What the caller passes: byte addresses for pointers, integers and floating-point scalars. */
export type Parameter =
  | { readonly kind: "pointer"; readonly name: string; readonly element: MemoryElement }
  | { readonly kind: "scalar"; readonly name: string; readonly element: Element };

/** A finished vector program: data, which back ends lower, the interpreter runs and tests print. */
export interface Program {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
}
