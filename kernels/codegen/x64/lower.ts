/**
 * From a vector program to x86-64 machine code: statements in their order, each name in a register from its definition
 * to its last use. Nothing is optimised that the author of the program cannot see in it.
 *
 * The function takes one argument, the address of a block with the program's arguments in slots of 8 bytes. One argument
 * suits both calling conventions, costs the caller one conversion, and leaves parameters that are used rarely where they
 * are when registers run short.
 */
import { cpuFeatureNames } from "../../native/cpu-features.ts";
import type { Arithmetic } from "../arithmetic.ts";
import { isByte, isPointer } from "../expressions.ts";
import type { Assign, Define, DefineTail, If, Loop, Program, Statement } from "../statements.ts";
import { Assembler } from "./assembler.ts";
import { epilogue, prologue } from "./frame.ts";
import { argumentBytes, type Home, isGeneral, namesInMemory } from "./homes.ts";
import { IntegerUnit } from "./integers.ts";
import { type CallingConvention, type Isa, isaRows } from "./isa.ts";
import type { ListingLine } from "./listing.ts";
import { type Liveness, livenessOf, type RegisterClass } from "./liveness.ts";
import { argumentRegister, general, RegisterPool } from "./pool.ts";
import { type Gpr, registerName, vector } from "./registers.ts";
import { State } from "./state.ts";
import { VectorUnit } from "./vectors.ts";

export interface NativeOptions {
  readonly isa: Isa;
  readonly arithmetic?: Arithmetic;
  /** Default: System V, which Linux and macOS share. */
  readonly convention?: CallingConvention;
  /** Whether the machine has VNNI: `avx512_vnni` on AVX-512, `avx_vnni` on AVX2 (default: not). */
  readonly vnni?: boolean;
}

/** Machine code that stands at a 64-byte boundary; its first byte is the entry. */
export interface NativeCode {
  readonly bytes: Uint8Array;
  readonly listing: readonly ListingLine[];
  /** Length of the argument block. */
  readonly argumentBytes: number;
}

/** Heads of innermost loops are aligned to half a cache line: the decoder fetches 32 bytes at once. */
const loopAlignment = 32;

/** What code for AVX2 may consist of: where an instruction has a VEX and an EVEX form, only the first. */
const withoutAvx512 = new Set(cpuFeatureNames.filter((name) => !name.startsWith("avx512")));

/** @throws ProgramError where the program needs more registers or wider vectors than there are. */
export function lowerToX64(program: Program, options: NativeOptions): NativeCode {
  return new Lowering(program, options).lower();
}

class Lowering {
  readonly #program: Program;
  readonly #liveness: Liveness;
  readonly #pool: RegisterPool;
  readonly #assembler: Assembler;
  readonly #state: State;
  readonly #integers: IntegerUnit;
  readonly #vectors: VectorUnit;
  readonly #argumentBlock: Gpr;
  readonly #inMemory: ReadonlySet<string>;
  #slots = 0;
  /** The point in time of the present statement, counted as liveness.ts does. */
  #now = 0;

  constructor(
    program: Program,
    { isa, arithmetic = "fast", convention = "system-v", vnni = false }: NativeOptions,
  ) {
    this.#program = program;
    this.#assembler = new Assembler(isa === "avx2" ? { features: withoutAvx512 } : {});
    this.#liveness = livenessOf(program);
    this.#pool = new RegisterPool(program.name, isa, convention);
    this.#argumentBlock = argumentRegister[convention];
    this.#inMemory = namesInMemory(this.#liveness, program, isa, convention);
    this.#state = new State({
      code: this.#assembler,
      pool: this.#pool,
      isa,
      arithmetic,
      vnni,
      argumentBlock: this.#argumentBlock,
    });
    this.#integers = new IntegerUnit(this.#state);
    this.#vectors = new VectorUnit(program.name, this.#state, this.#integers);
  }

  lower(): NativeCode {
    this.#parameters();
    this.#free(this.#now);
    this.#statements(this.#program.body);
    const assembler = this.#assembler;
    const { name, parameters } = this.#program;
    assembler.prepend(() => {
      assembler.comment(`${name}(${parameters.map((each) => each.name).join(", ")})`);
      prologue(assembler, this.#pool);
    });
    epilogue(assembler, this.#pool);
    const assembled = assembler.finish();
    return {
      bytes: assembled.bytes,
      argumentBytes: this.#slots * argumentBytes,
      // Text is made when somebody reads it: it takes longer than the code.
      get listing() {
        return assembled.listing;
      },
    };
  }

  #parameters(): void {
    const { code } = this.#state;
    this.#slots = this.#program.parameters.length;
    for (const [slot, parameter] of this.#program.parameters.entries()) {
      const { name } = parameter;
      const offset = slot * argumentBytes;
      if (this.#inMemory.has(name) || this.#liveness.lifetimes.get(name)?.weight === 0) {
        this.#state.homes.set(name, { kind: "argument", offset });
        code.comment(`${name} stays at ${this.#slotName(offset)}`);
        continue;
      }
      const home = this.#settle(name, isGeneral(parameter) ? "general" : "vector");
      const from = this.#state.argument(offset);
      if (home.kind === "general") code.emit("mov", general(home.index), from);
      else code.emit(parameter.element === "f64" ? "vmovsd" : "vmovss", vector(home.index, 128), from);
    }
  }

  #slotName(offset: number): string {
    return `[${registerName(this.#argumentBlock)}+0x${offset.toString(16)}]`;
  }

  /** Gives a name a register until its last use. */
  #settle(name: string, registerClass: RegisterClass): Exclude<Home, { kind: "argument" }> {
    const home = { kind: registerClass, index: this.#pool.take(registerClass, name) };
    this.#state.homes.set(name, home);
    return home;
  }

  /** Gives back the registers of names whose last use was at this point. */
  #free(point: number): void {
    const names = this.#liveness.endingAt(point);
    for (let i = 0; i < names.length; i++) {
      const home = this.#state.homes.get(names[i] as string);
      if (home && home.kind !== "argument") this.#pool.give(home.kind, home.index);
    }
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) {
      this.#now++;
      const before = this.#state.taken;
      this.#statement(statement);
      this.#state.giveBack(before);
      // A loop or a branch gives back what only its head needed before its body begins.
      if (statement.op !== "loop" && statement.op !== "if") this.#free(this.#now);
    }
  }

  #statement(statement: Statement): void {
    const { code } = this.#state;
    switch (statement.op) {
      case "comment":
        code.comment(statement.text);
        break;
      case "define":
        this.#define(statement);
        break;
      case "assign":
        this.#assign(statement);
        break;
      case "tail":
        this.#tail(statement);
        break;
      case "store": {
        const { address, value, tail } = statement;
        const whole = !isByte(address.pointer.element);
        if (whole && value.type.lanes === 1 && value.type.element === "i32")
          this.#integers.store(this.#integers.address(address), value);
        else this.#vectors.store(address, value, tail);
        break;
      }
      case "prefetch":
        code.emit("prefetcht0", this.#integers.address(statement.address));
        break;
      case "loop":
        this.#loop(statement);
        break;
      case "if":
        this.#if(statement);
        break;
    }
  }

  #define({ name, value }: Define): void {
    if (this.#inMemory.has(name.name)) {
      this.#defineInMemory(name.name, value);
      return;
    }
    const registerClass = this.#liveness.lifetimes.get(name.name)?.class as RegisterClass;
    const home = this.#settle(name.name, registerClass);
    if (name.op === "pointer" || name.mutable)
      this.#state.code.comment(`${name.name} in ${this.#named(home)}`);
    this.#compute(home, value);
  }

  /** An integer or address that is written into a slot of its own, once. */
  #defineInMemory(name: string, value: Define["value"]): void {
    const { code } = this.#state;
    const offset = this.#slots++ * argumentBytes;
    code.comment(`${name} at ${this.#slotName(offset)}`);
    const from = isPointer(value) ? this.#integers.pointerRegister(value) : this.#integers.register(value);
    code.emit("mov", this.#state.argument(offset), from);
    this.#state.homes.set(name, { kind: "argument", offset });
  }

  #assign({ name, value }: Assign): void {
    const home = this.#state.home(name.name);
    if (home.kind !== "argument") this.#compute(home, value);
  }

  #compute(home: Exclude<Home, { kind: "argument" }>, value: Define["value"]): void {
    if (isPointer(value)) this.#integers.pointerInto(value, general(home.index));
    else if (home.kind === "general") this.#integers.into(value, general(home.index));
    else this.#vectors.into(value, vector(home.index, this.#vectors.bits(value.type)));
  }

  #named({ kind, index }: Exclude<Home, { kind: "argument" }>): string {
    return kind === "general"
      ? registerName(general(index))
      : registerName(vector(index, isaRows[this.#state.isa].bits));
  }

  #tail({ name, count }: DefineTail): void {
    this.#settle(name.name, isaRows[this.#state.isa].masks ? "mask" : "vector");
    this.#vectors.defineTail(name, count);
  }

  #loop(loop: Loop): void {
    const { code } = this.#state;
    const { name } = loop.counter;
    const [head, end] = [this.#state.label(name), this.#state.label(`${name}.end`)];
    const counter = general(this.#settle(name, "general").index);
    code.comment(`${name} in ${registerName(counter)}, step ${loop.step}`);
    this.#integers.into(loop.from, counter);
    this.#free(this.#now);
    const certain =
      loop.from.op === "constant" && loop.to.op === "constant" && loop.from.value < loop.to.value;
    if (!certain) {
      this.#state.scoped(() => code.emit("cmp", counter, this.#integers.source(loop.to)));
      code.emit("jge", end);
    }
    if (loop.body.every(({ op }) => op !== "loop")) code.align(loopAlignment);
    code.bind(head);
    this.#statements(loop.body);
    code.emit("add", counter, loop.step);
    this.#state.scoped(() => code.emit("cmp", counter, this.#integers.source(loop.to)));
    code.emit("jl", head);
    code.bind(end);
    this.#free(++this.#now);
  }

  #if(statement: If): void {
    const { condition, whenTrue, whenFalse } = statement;
    const { code } = this.#state;
    const otherwise = this.#state.label("else");
    this.#integers.branch(condition, otherwise, false);
    this.#free(this.#now);
    this.#statements(whenTrue);
    if (whenFalse.length === 0) {
      code.bind(otherwise);
      return;
    }
    const end = this.#state.label("endif");
    code.emit("jmp", end);
    code.bind(otherwise);
    this.#statements(whenFalse);
    code.bind(end);
  }
}
