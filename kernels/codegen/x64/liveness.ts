/**
 * How long each name of a program is needed. Control flow is structured, so one walk from top to bottom finds for
 * every name the last statement that uses it; a name from outside a loop is needed until the loop ends.
 */
import { type Address, type Expression, eachChild, isPointer } from "../expressions.ts";
import type { Loop, Program, Statement } from "../statements.ts";

/** Where a name can live. */
export type RegisterClass = "general" | "vector" | "mask";

export interface Lifetime {
  readonly name: string;
  readonly class: RegisterClass;
  /** Whether it changes after its definition. */
  readonly mutable: boolean;
  /** Points in time, counted from 1 in the order of the program: a statement has one, the end of a loop one of its own. */
  readonly from: number;
  last: number;
  /** The outermost loop that uses it and does not define it: it is needed until that ends. */
  neededBy: LoopFrame | undefined;
  /** Uses, each worth ten times as much in a loop as outside of it: what a register saves. */
  weight: number;
}

export interface Liveness {
  readonly lifetimes: ReadonlyMap<string, Lifetime>;
  /** Names whose last use is at this point. */
  endingAt(point: number): readonly string[];
  /** How many points there are; they count from 0. */
  readonly points: number;
}

/** A loop whose body is being walked. */
interface LoopFrame {
  /** The point of its head. */
  readonly head: number;
  readonly needed: Lifetime[];
}

/** Lifetimes of all names of a program; parameters live from point 0. */
export function livenessOf(program: Program): Liveness {
  return new Walk().run(program);
}

class Walk {
  readonly #lifetimes = new Map<string, Lifetime>();
  /** The loops around the present statement, outermost first. */
  readonly #loops: LoopFrame[] = [];
  /** What a use is worth here: 10 for each of these loops, multiplied. */
  #worth = 1;
  #now = 0;
  readonly #part = (part: Expression): void => this.#expression(part);

  run(program: Program): Liveness {
    for (const parameter of program.parameters) {
      const general = parameter.kind === "pointer" || parameter.element === "i32";
      this.#define(parameter.name, general ? "general" : "vector", false);
    }
    this.#statements(program.body);
    const endings: string[][] = [];
    for (const { name, last } of this.#lifetimes.values()) {
      endings[last] ??= [];
      endings[last].push(name);
    }
    return {
      lifetimes: this.#lifetimes,
      endingAt: (point) => endings[point] ?? none,
      points: this.#now + 1,
    };
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) {
      this.#now++;
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
    const frame: LoopFrame = { head: this.#now, needed: [] };
    this.#loops.push(frame);
    this.#worth *= 10;
    this.#statements(loop.body);
    const end = ++this.#now;
    this.#use(loop.counter.name);
    this.#expression(loop.to);
    this.#loops.pop();
    this.#worth /= 10;
    for (const lifetime of frame.needed) lifetime.last = end;
  }

  #define(name: string, registerClass: RegisterClass, mutable: boolean): void {
    const now = this.#now;
    this.#lifetimes.set(name, {
      name,
      class: registerClass,
      mutable,
      from: now,
      last: now,
      neededBy: undefined,
      weight: 0,
    });
  }

  #use(name: string): void {
    const lifetime = this.#lifetimes.get(name) as Lifetime;
    lifetime.last = this.#now;
    lifetime.weight += this.#worth;
    // The end of the outermost loop is the last: inner ones need not know.
    for (let depth = 0; depth < this.#loops.length; depth++) {
      const loop = this.#loops[depth] as LoopFrame;
      if (lifetime.from > loop.head) continue;
      if (loop !== lifetime.neededBy) loop.needed.push(lifetime);
      lifetime.neededBy = loop;
      break;
    }
  }

  #expression(expression: Expression): void {
    switch (expression.op) {
      case "constant":
        break;
      case "name":
      case "pointer":
        this.#use(expression.name);
        break;
      case "load":
        this.#address(expression.address);
        if (expression.tail) this.#use(expression.tail.name);
        break;
      case "broadcast":
        this.#address(expression.address);
        break;
      default:
        eachChild(expression, this.#part);
    }
  }

  #address({ pointer, index }: Address): void {
    this.#expression(pointer);
    if (index) this.#expression(index);
  }
}

const none: readonly string[] = [];

function classOf(name: Extract<Statement, { op: "define" }>["name"]): RegisterClass {
  return isPointer(name) || (name.type.element === "i32" && name.type.lanes === 1) ? "general" : "vector";
}

/** The most lifetimes of a class that meet at one point. */
export function mostAtOnce({ lifetimes, points }: Liveness, registerClass: RegisterClass): number {
  const changes = new Int32Array(points + 1);
  for (const lifetime of lifetimes.values()) {
    if (lifetime.class !== registerClass) continue;
    changes[lifetime.from] = (changes[lifetime.from] as number) + 1;
    changes[lifetime.last + 1] = (changes[lifetime.last + 1] as number) - 1;
  }
  let [live, most] = [0, 0];
  for (let point = 0; point < points; point++) {
    live += changes[point] as number;
    if (live > most) most = live;
  }
  return most;
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
