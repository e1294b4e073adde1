/**
 * Writes the address trace of a program: its loops, branches and integers as in the JavaScript back end, a call of
 * `visit` for each load and store, and no arithmetic on data.
 */
import { ProgramError } from "../errors.ts";
import { type Address, bytesOf, childrenOf, type Expression, isPointer, type Tail } from "../expressions.ts";
import type { Program, Statement } from "../statements.ts";
import { functionName, JavaScriptEmitter } from "./emit.ts";

/** One instance a program. */
export class TraceEmitter {
  readonly #program: Program;
  readonly #text = new JavaScriptEmitter("strict");
  /** Names whose value the trace computes: parameters, counters, and what follows from them without loading. */
  readonly #known = new Set<string>();
  readonly #lines: string[] = [];
  #indent = "  ";

  constructor(program: Program) {
    this.#program = program;
  }

  /** The function `name(visit, ...parameters)`. */
  emit(): string {
    const { name, parameters, body } = this.#program;
    for (const parameter of parameters) {
      this.#known.add(parameter.name);
      if (parameter.kind === "pointer")
        this.#line(
          `${parameter.name} /= ${bytesOf[parameter.element]}; // byte address to index of ${parameter.element}`,
        );
    }
    this.#statements(body);
    const list = ["visit", ...parameters.map((parameter) => parameter.name)].join(", ");
    return [`function ${functionName(name)}(${list}) {`, ...this.#lines, "}", ""].join("\n");
  }

  #line(text: string): void {
    this.#lines.push(this.#indent + text);
  }

  #block(head: string, statements: readonly Statement[]): void {
    this.#line(`${head} {`);
    const outer = this.#indent;
    this.#indent += "  ";
    this.#statements(statements);
    this.#indent = outer;
    this.#line("}");
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    const text = this.#text;
    switch (statement.op) {
      case "define":
      case "assign":
        this.#assignment(statement);
        break;
      case "tail":
        this.#requireKnown(statement.count);
        this.#line(`const ${statement.name.name} = ${text.lane(statement.count, 0)};`);
        break;
      case "prefetch":
        break; // a hint, which counts neither as a load nor as a store
      case "store":
        this.#loads(statement.value);
        this.#visit(statement.address, statement.value.type.lanes, true, statement.tail);
        break;
      case "loop": {
        const i = statement.counter.name;
        this.#known.add(i);
        this.#requireKnown(statement.from);
        this.#requireKnown(statement.to);
        const [from, to] = [text.lane(statement.from, 0), text.lane(statement.to, 0)];
        this.#block(`for (let ${i} = ${from}; ${i} < ${to}; ${i} += ${statement.step})`, statement.body);
        break;
      }
      case "if":
        this.#requireKnown(statement.condition);
        this.#block(`if (${text.condition(statement.condition, 0)})`, statement.whenTrue);
        if (statement.whenFalse.length > 0) this.#block("else", statement.whenFalse);
        break;
      case "comment":
        break;
    }
  }

  #assignment({ op, name, value }: Extract<Statement, { op: "define" | "assign" }>): void {
    this.#loads(value);
    const keyword = op === "assign" ? "" : name.mutable ? "let " : "const ";
    const integral = isPointer(value) || (value.type.element === "i32" && value.type.lanes === 1);
    if (!integral || !this.#isKnown(value)) {
      this.#known.delete(name.name);
      return;
    }
    this.#known.add(name.name);
    this.#line(
      `${keyword}${name.name} = ${isPointer(value) ? this.#text.pointer(value) : this.#text.lane(value, 0)};`,
    );
  }

  /** Visits what an expression loads, in the order in which the back ends evaluate it. */
  #loads(expression: Expression): void {
    for (const child of childrenOf(expression)) this.#loads(child);
    if (expression.op === "load")
      this.#visit(expression.address, expression.type.lanes, false, expression.tail);
    if (expression.op === "broadcast") this.#visit(expression.address, 1, false);
  }

  #visit(address: Address, lanes: number, isStore: boolean, tail?: Tail): void {
    this.#requireKnown(address.pointer);
    if (address.index) this.#requireKnown(address.index);
    const bytes = bytesOf[address.pointer.element];
    const first = `(${this.#text.index(address, 0)}) * ${bytes}`;
    if (!tail) this.#line(`visit(${first}, ${lanes * bytes}, ${isStore});`);
    else {
      const some = `if (${tail.name} > 0) `;
      this.#line(`${some}visit(${first}, Math.min(${tail.name}, ${lanes}) * ${bytes}, ${isStore});`);
    }
  }

  #isKnown(expression: Expression): boolean {
    if (expression.op === "load" || expression.op === "broadcast") return false;
    if (expression.op === "name" || expression.op === "pointer") return this.#known.has(expression.name);
    return childrenOf(expression).every((child) => this.#isKnown(child));
  }

  #requireKnown(expression: Expression): void {
    if (this.#isKnown(expression)) return;
    throw new ProgramError(`trace of ${this.#program.name}`, {
      expected: "loops, branches and addresses that follow from the parameters",
      found: "one that depends on what is loaded from memory",
      remedy: "Run the interpreter instead: it computes the data too.",
    });
  }
}
