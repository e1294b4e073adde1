/**
 * What all parts of the lowering share: the code so far, who has which register, and where each name lives.
 * Temporaries are taken for one operation and given back behind it (`scoped`).
 */
import type { Arithmetic } from "../arithmetic.ts";
import type { Assembler } from "./assembler.ts";
import type { Home } from "./homes.ts";
import type { Isa } from "./isa.ts";
import type { RegisterClass } from "./liveness.ts";
import { type Label, type MemoryOperand, memory } from "./operands.ts";
import type { RegisterPool } from "./pool.ts";
import { type Gpr, type MaskRegister, mask } from "./registers.ts";

/** Scratch of comparisons; never given to a name. */
export const scratchMask: MaskRegister = mask(7);

interface Temporary {
  readonly class: RegisterClass;
  readonly index: number;
}

export class State {
  readonly homes = new Map<string, Home>();
  readonly code: Assembler;
  readonly pool: RegisterPool;
  readonly isa: Isa;
  readonly fused: boolean;
  /** Whether dot products may use VNNI. */
  readonly vnni: boolean;
  readonly #argumentBlock: Gpr;
  readonly #temporaries: Temporary[] = [];
  #labels = 0;

  constructor(options: {
    code: Assembler;
    pool: RegisterPool;
    isa: Isa;
    arithmetic: Arithmetic;
    vnni: boolean;
    argumentBlock: Gpr;
  }) {
    this.code = options.code;
    this.pool = options.pool;
    this.isa = options.isa;
    this.vnni = options.vnni;
    this.fused = options.arithmetic === "fast";
    this.#argumentBlock = options.argumentBlock;
  }

  /** A label that no other has; numbered, so that a listing can be followed. */
  label(name: string): Label {
    return this.code.label(`${name}.${this.#labels++}`);
  }

  home(name: string): Home {
    return this.homes.get(name) as Home;
  }

  /** The slot of an argument. */
  argument(offset: number, broadcast = false): MemoryOperand {
    return memory(this.#argumentBlock, { displacement: offset, broadcast });
  }

  /** A register until the end of the innermost `scoped`. */
  temporary(registerClass: RegisterClass, purpose: string): number {
    const index = this.pool.take(registerClass, purpose);
    this.#temporaries.push({ class: registerClass, index });
    return index;
  }

  /** Runs a step and gives back the temporaries that it took. */
  scoped<T>(step: () => T): T {
    const before = this.taken;
    const result = step();
    this.giveBack(before);
    return result;
  }

  /** How many temporaries are taken. */
  get taken(): number {
    return this.#temporaries.length;
  }

  /** Gives back the temporaries that were taken since so many were: `scoped` where one is asked for at every statement. */
  giveBack(before: number): void {
    const temporaries = this.#temporaries;
    for (let i = before; i < temporaries.length; i++) {
      const { class: registerClass, index } = temporaries[i] as Temporary;
      this.pool.give(registerClass, index);
    }
    temporaries.length = before;
  }
}
