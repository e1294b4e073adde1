/**
 * How long each name of a program is needed. Control flow is structured, so one walk from top to bottom finds for
 * every name the last statement that uses it; a name from outside a loop is needed until the loop ends.
 */
import { type Address, childrenOf, type Expression, isPointer } from "../expressions.ts";
import type { Loop, Program, Statement } from "../statements.ts";

/** Where a name can live. */
export type RegisterClass = "general" | "vector" | "mask";

export interface Lifetime {
  readonly name: string;
  readonly class: RegisterClass;
  /** Whether it changes after its definition. */
  readonly mutable: boolean;
  /** Points in time: a statement has one, the end of a loop one of its own. */
  readonly from: number;
  last: number;
  /** Uses, each worth ten times as much in a loop as outside of it: what a register saves. */
  weight: number;
}

export interface Liveness {
  readonly lifetimes: ReadonlyMap<string, Lifetime>;
  /** Names whose last use is at this point. */
  endingAt(point: number): readonly string[];
  pointOf(statement: Statement): number;
  endOf(loop: Loop): number;
}

/** Lifetimes of all names of a program; parameters live from point 0. */
export function livenessOf(program: Program): Liveness {
  return new Walk().run(program);
}

class Walk {
  readonly #lifetimes = new Map<string, Lifetime>();
  readonly #points = new Map<Statement, number>();
  readonly #ends = new Map<Loop, number>();
  /** The loops around the present statement, outermost first, with the names that must outlive each. */
  readonly #loops: { readonly head: number; readonly needed: Set<Lifetime> }[] = [];
  #now = 0;

  run(program: Program): Liveness {
    for (const parameter of program.parameters) {
      const general = parameter.kind === "pointer" || parameter.element === "i32";
      this.#define(parameter.name, general ? "general" : "vector", false);
    }
    this.#statements(program.body);
    const endings = new Map<number, string[]>();
    for (const { name, last } of this.#lifetimes.values())
      endings.set(last, [...(endings.get(last) ?? []), name]);
    return {
      lifetimes: this.#lifetimes,
      endingAt: (point) => endings.get(point) ?? [],
      pointOf: (statement) => this.#points.get(statement) as number,
      endOf: (loop) => this.#ends.get(loop) as number,
    };
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) {
      this.#points.set(statement, ++this.#now);
      this.#statement(statement);
    }
  }

  #statement(statement: Statement): void {
    switch (statement.op) {
      case "define":
        this.#expression(statement.value);
        this.#define(statement.name.name, classOf(statement.name), statement.name.mutable);
        break;
      case "assign":
        this.#expression(statement.value);
        this.#use(statement.name.name);
        break;
      case "tail":
        this.#expression(statement.count);
        this.#define(statement.name.name, "mask", false);
        break;
      case "store":
        this.#address(statement.address);
        this.#expression(statement.value);
        if (statement.tail) this.#use(statement.tail.name);
        break;
      case "prefetch":
        this.#address(statement.address);
        break;
      case "loop":
        this.#loop(statement);
        break;
      case "if":
        this.#expression(statement.condition);
        this.#statements(statement.whenTrue);
        this.#statements(statement.whenFalse);
        break;
      case "comment":
        break;
    }
  }

  #loop(loop: Loop): void {
    this.#expression(loop.from);
    this.#define(loop.counter.name, "general", true);
    const frame = { head: this.#now, needed: new Set<Lifetime>() };
    this.#loops.push(frame);
    this.#statements(loop.body);
    const end = ++this.#now;
    this.#ends.set(loop, end);
    this.#use(loop.counter.name);
    this.#expression(loop.to);
    this.#loops.pop();
    for (const lifetime of frame.needed) lifetime.last = end;
  }

  #define(name: string, registerClass: RegisterClass, mutable: boolean): void {
    const now = this.#now;
    this.#lifetimes.set(name, { name, class: registerClass, mutable, from: now, last: now, weight: 0 });
  }

  #use(name: string): void {
    const lifetime = this.#lifetimes.get(name) as Lifetime;
    lifetime.last = this.#now;
    lifetime.weight += 10 ** this.#loops.length;
    for (const loop of this.#loops) if (lifetime.from <= loop.head) loop.needed.add(lifetime);
  }

  #expression(expression: Expression): void {
    for (const child of childrenOf(expression)) this.#expression(child);
    if (expression.op === "name" || expression.op === "pointer") this.#use(expression.name);
    if (expression.op === "load" || expression.op === "broadcast") this.#address(expression.address);
    if (expression.op === "load" && expression.tail) this.#use(expression.tail.name);
  }

  #address({ pointer, index }: Address): void {
    this.#expression(pointer);
    if (index) this.#expression(index);
  }
}

function classOf(name: Extract<Statement, { op: "define" }>["name"]): RegisterClass {
  return isPointer(name) || (name.type.element === "i32" && name.type.lanes === 1) ? "general" : "vector";
}

/**
 * The lifetimes that meet at the first point where they are more than `room`; undefined if that is nowhere. `ascending`
 * lists those of one class in the order of their beginning.
 */
export function crowded(
  ascending: readonly Lifetime[],
  without: ReadonlySet<string>,
  room: number,
): readonly Lifetime[] | undefined {
  const live: Lifetime[] = [];
  for (const lifetime of ascending) {
    if (without.has(lifetime.name)) continue;
    let kept = 0;
    for (const other of live) if (other.last >= lifetime.from) live[kept++] = other;
    live.length = kept;
    live.push(lifetime);
    if (live.length > room) return live;
  }
  return undefined;
}
