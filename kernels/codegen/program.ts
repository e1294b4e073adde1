/**
 * The builder of vector programs: a kernel is written as a TypeScript function that calls it once, statement by
 * statement. The builder checks types, scopes and single use, so that no back end has to.
 */
import { ProgramError } from "./errors.ts";
import {
  type Address,
  type AnyPointer,
  add,
  and,
  constant,
  type Element,
  type Expression,
  eachChild,
  integerType,
  isPointer,
  loadedAs,
  type Mask,
  type MemoryElement,
  max,
  type Name,
  type Operand,
  type Pointer,
  type PointerName,
  type Scope,
  sameType,
  sub,
  type Tail,
  typeText,
  type Value,
  type VectorType,
} from "./expressions.ts";
import type { Parameter, Program, Statement, Variable } from "./statements.ts";

export interface LoopOptions {
  /** Added to the counter each time; a positive constant (default 1). */
  readonly step?: number;
  /** Copies of the body in the main loop; a second loop does what is left over (default 1). */
  readonly unroll?: number;
}

/** Words that JavaScript keeps for itself, and names that the generated code uses. */
const reserved = new Set(
  "arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let memory new null package private protected public return static super switch this throw true try typeof undefined var void while with yield f32 f64 i32 i8 u8 fround roundEven bitsOfSingle singleOfBits scale exponent significand dotBytes dotPairs multiplyShift unsignedQuotient Math NaN Infinity".split(
    " ",
  ),
);

/**
 * Writes one vector program.
 *
 * @example
 * const axpy = program("axpy", (b) => {
 *   const n = b.integer("n");
 *   const alpha = b.scalar("alpha", "f32");
 *   const x = b.pointer("x", "f32");
 *   const y = b.pointer("y", "f32");
 *   b.loop("i", 0, n, {}, (i) => b.store(at(y, i), multiplyAdd(alpha, load(at(x, i)), load(at(y, i)))));
 * });
 */
export function program(name: string, write: (builder: ProgramBuilder) => void): Program {
  const builder = new ProgramBuilder(name);
  write(builder);
  return builder.finish();
}

export class ProgramBuilder {
  readonly #name: string;
  readonly #parameters: Parameter[] = [];
  readonly #timesNamed = new Map<string, number>();
  readonly #used = new Set<object>();
  #block: Statement[] = [];
  #scope: Scope = { open: true };
  #scopes: Scope[] = [this.#scope];

  constructor(name: string) {
    this.#name = name;
  }

  /** An i32 parameter. */
  integer(name: string): Name {
    return this.scalar(name, "i32");
  }

  /** A scalar parameter. */
  scalar(name: string, element: Element): Name {
    const unique = this.#parameterName(name);
    this.#parameters.push({ kind: "scalar", name: unique, element });
    return { op: "name", type: { element, lanes: 1 }, name: unique, mutable: false, scope: this.#scope };
  }

  /** A pointer parameter: the caller passes a byte address, aligned to the element. */
  pointer<E extends MemoryElement>(name: string, element: E): PointerName<E> {
    const unique = this.#parameterName(name);
    this.#parameters.push({ kind: "pointer", name: unique, element });
    return { op: "pointer", element, name: unique, mutable: false, scope: this.#scope };
  }

  /** Evaluates the expression here and gives the result a name that never changes. */
  let(name: string, value: Value): Name;
  let<E extends MemoryElement>(name: string, value: Pointer<E>): PointerName<E>;
  let(name: string, value: Value | AnyPointer): Variable;
  let(name: string, value: Value | AnyPointer): Variable {
    return this.#define(name, value, false);
  }

  /** A name that `set` may change: an accumulator, or a pointer that walks. */
  variable(name: string, initial: Value): Name;
  variable<E extends MemoryElement>(name: string, initial: Pointer<E>): PointerName<E>;
  variable(name: string, initial: Value | AnyPointer): Variable {
    return this.#define(name, initial, true);
  }

  /** Changes a variable. */
  set(name: Name, value: Operand): void;
  set<E extends MemoryElement>(name: PointerName<E>, value: Pointer<E>): void;
  set(name: Variable, operand: Operand | AnyPointer): void {
    const value =
      typeof operand === "number" ? constant(operand, name.op === "name" ? name.type : integerType) : operand;
    this.#check(name);
    this.#check(value);
    if (!name.mutable)
      this.#fail(`a variable to set`, `${name.name}, which is constant`, "Create it with variable().");
    if (!sameKind(name, value))
      this.#fail(
        `${kindText(name)} for ${name.name}`,
        kindText(value),
        "Convert, splat or take a lane first.",
      );
    this.#block.push({ op: "assign", name, value });
  }

  /**
   * How many leading lanes of vectors of this type count, for loads and stores at an edge; evaluated here, once.
   * Any integer will do: below 1 no lane counts, from the number of lanes on all of them.
   */
  tail(name: string, count: Value, type: VectorType): Tail {
    this.#check(count);
    if (!sameType(count.type, integerType))
      this.#fail("an i32 number of lanes", typeText(count.type), "Convert it to i32 first.");
    const tail: Tail = { op: "tail", type, name: this.#unique(name), scope: this.#scope };
    this.#block.push({ op: "tail", name: tail, count });
    return tail;
  }

  /** Asks for the cache line at the address, to be read soon. */
  prefetch(address: Address): void {
    this.#checkAddress(address);
    this.#block.push({ op: "prefetch", address });
  }

  /**
   * Writes the lanes of the value to the address on; with a tail, only its lanes. Where bytes are kept, i32 is: what does
   * not fit becomes the least or the greatest byte.
   */
  store(address: Address, value: Value, tail?: Tail): void {
    this.#checkAddress(address);
    this.#check(value);
    if (tail) this.#checkTail(tail, value.type);
    const element = loadedAs(address.pointer.element);
    if (element !== value.type.element)
      this.#fail(
        `a value of ${element}, as the pointer to ${address.pointer.element} says`,
        typeText(value.type),
        "Convert the value to the element type of the pointer.",
      );
    this.#block.push(tail ? { op: "store", address, value, tail } : { op: "store", address, value });
  }

  /** A counted loop: the body runs for counter = from, from + step … while counter < to. Bounds are evaluated once. */
  loop(
    name: string,
    from: Operand,
    to: Operand,
    options: LoopOptions,
    body: (counter: Value, copy: number) => void,
  ): void {
    const { step = 1, unroll = 1 } = options;
    if (!Number.isInteger(step) || step < 1 || !Number.isInteger(unroll) || unroll < 1)
      this.#fail("a positive whole step and unroll", `${step} and ${unroll}`, "Count upwards by a constant.");
    if (unroll === 1) {
      this.#simpleLoop(name, from, to, step, (counter) => body(counter, 0));
      return;
    }
    const first = this.#bound(`${name}From`, from);
    const end = this.#bound(`${name}To`, to);
    const stride = step * unroll;
    const copies = (counter: Value): void => {
      for (let copy = 0; copy < unroll; copy++) body(add(counter, copy * step), copy);
    };
    if (Number.isInteger(Math.log2(stride))) {
      const whole = this.let(`${name}Whole`, add(first, and(max(sub(end, first), 0), -stride)));
      this.#simpleLoop(name, first, whole, stride, copies);
      this.#simpleLoop(name, whole, end, step, (counter) => body(counter, 0));
      return;
    }
    // The main loop stops before the first group that does not fit; the second goes on where it stopped.
    const next = this.variable(`${name}Next`, first);
    this.#simpleLoop(name, first, sub(end, stride - step), stride, (counter) => {
      copies(counter);
      this.set(next, add(counter, stride));
    });
    this.#simpleLoop(name, next, end, step, (counter) => body(counter, 0));
  }

  /** Runs `then` where the comparison of two scalars holds, else `otherwise`. */
  if(condition: Mask, then: () => void, otherwise?: () => void): void {
    this.#check(condition);
    if (condition.of.lanes !== 1)
      this.#fail("a comparison of scalars", `one of ${typeText(condition.of)}`, "Use select for vectors.");
    this.#block.push({
      op: "if",
      condition,
      whenTrue: this.#nested(then),
      whenFalse: otherwise ? this.#nested(otherwise) : [],
    });
  }

  /** A line for the reader of the generated code. */
  comment(text: string): void {
    this.#block.push({ op: "comment", text: text.replace(/[^\x20-\x7e]/g, " ") });
  }

  /** The program; the builder must not be used afterwards. */
  finish(): Program {
    return { name: this.#name, parameters: this.#parameters, body: this.#block };
  }

  #simpleLoop(name: string, from: Operand, to: Operand, step: number, body: (counter: Name) => void): void {
    const first = this.#bound(`${name}From`, from);
    const end = this.#bound(`${name}To`, to);
    const scope: Scope = { open: true };
    const counter: Name = { op: "name", type: integerType, name: this.#unique(name), mutable: false, scope };
    const inner = this.#nested(() => body(counter), scope);
    this.#block.push({ op: "loop", counter, from: first, to: end, step, body: inner });
  }

  /** A loop bound as a constant or a name that does not change during the loop. */
  #bound(name: string, value: Operand): Value {
    if (typeof value === "number") return constant(value);
    if (!sameType(value.type, integerType))
      this.#fail("an i32 loop bound", typeText(value.type), "Convert it to i32 first.");
    if (value.op === "constant" || (value.op === "name" && !value.mutable)) return value;
    return this.let(name, value);
  }

  #nested(write: () => void, scope: Scope = { open: true }): readonly Statement[] {
    const outer = this.#block;
    const outerScope = this.#scope;
    const inner: Statement[] = [];
    this.#block = inner;
    this.#scope = scope;
    this.#scopes.push(scope);
    write();
    this.#scopes.pop();
    scope.open = false;
    this.#block = outer;
    this.#scope = outerScope;
    return inner;
  }

  #define(name: string, value: Value | AnyPointer, mutable: boolean): Variable {
    this.#check(value);
    const unique = this.#unique(name);
    const scope = this.#scope;
    const defined: Variable = isPointer(value)
      ? { op: "pointer", element: value.element, name: unique, mutable, scope }
      : { op: "name", type: value.type, name: unique, mutable, scope };
    this.#block.push({ op: "define", name: defined, value });
    return defined;
  }

  #parameterName(name: string): string {
    if (this.#block.length > 0 || this.#scopes.length > 1)
      this.#fail("parameters before the first statement", name, "Declare all parameters first.");
    return this.#unique(name);
  }

  #unique(name: string): string {
    const times = (this.#timesNamed.get(name) ?? 0) + 1;
    this.#timesNamed.set(name, times);
    if (times > 1) return `${name}$${times}`;
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(name) || reserved.has(name))
      this.#fail(
        "a name of letters and digits that is no reserved word",
        `"${name}"`,
        "Choose another name.",
      );
    return name;
  }

  readonly #checkPart = (part: Expression): void => this.#check(part);

  /** Checks every part of an expression: names in scope, compound expressions used once. */
  #check(expression: Expression): void {
    if (expression.op === "constant") return;
    if (expression.op === "name" || expression.op === "pointer") {
      if (!this.#scopes.includes(expression.scope))
        this.#fail(
          "a name of this block or of one around it",
          expression.name,
          expression.scope.open
            ? "It belongs to another program: use the values of this builder."
            : "Its block has ended: define a variable before the block and set it inside.",
        );
      return;
    }
    if (this.#used.has(expression) && !isIndex(expression))
      this.#fail(
        "every expression to be used once",
        `a second use of the same "${expression.op}"`,
        "Name it with let() and use the name.",
      );
    this.#used.add(expression);
    eachChild(expression, this.#checkPart);
    if (expression.op === "load" || expression.op === "broadcast") this.#checkAddress(expression.address);
    if (expression.op === "load" && expression.tail) this.#checkTail(expression.tail, expression.type);
  }

  #checkTail(tail: Tail, type: VectorType): void {
    if (!this.#scopes.includes(tail.scope))
      this.#fail(
        "a tail of this block or of one around it",
        tail.name,
        "Its block has ended: define it before the block.",
      );
    if (!sameType(tail.type, type))
      this.#fail(`a tail of ${typeText(type)}`, `one of ${typeText(tail.type)}`, "Make one for each type.");
  }

  #checkAddress(address: Address): void {
    this.#check(address.pointer);
    if (address.index) this.#check(address.index);
  }

  #fail(expected: string, found: string, remedy: string): never {
    throw new ProgramError(`program ${this.#name}`, { expected, found, remedy });
  }
}

/** Integer arithmetic on names and constants: costs nothing to repeat, and an unrolled loop's counter is such a sum. */
function isIndex(expression: Expression): boolean {
  if (expression.op === "constant" || expression.op === "name") return sameType(expression.type, integerType);
  return expression.op === "binary" && isIndex(expression.left) && isIndex(expression.right);
}

/** Whether a variable of one can hold the other. */
function sameKind(left: Value | AnyPointer, right: Value | AnyPointer): boolean {
  if (isPointer(left)) return isPointer(right) && left.element === right.element;
  return !isPointer(right) && sameType(left.type, right.type);
}

function kindText(value: Value | AnyPointer): string {
  return isPointer(value) ? `a pointer to ${value.element}` : `a value of ${typeText(value.type)}`;
}
