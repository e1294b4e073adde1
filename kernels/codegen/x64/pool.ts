/**
 * The registers of a function and who has them. Nothing is ever spilled: a program that needs more registers than there
 * are is refused with the numbers, because a spill in an inner loop costs more than the author would guess.
 */
import { ProgramError } from "../errors.ts";
import { type CallingConvention, type Isa, isaRows } from "./isa.ts";
import type { RegisterClass } from "./liveness.ts";
import {
  type Gpr,
  gprs,
  r8,
  r9,
  r10,
  r11,
  r12,
  r13,
  r14,
  r15,
  rbp,
  rbx,
  rcx,
  rdi,
  rsi,
} from "./registers.ts";

/** The general register of an index, as pools hand them out. */
export function general(index: number): Gpr {
  return gprs[index] as Gpr;
}

/**
 * General registers in the order in which they are given away: first those that a function may destroy. rax and rdx
 * are left out as scratch (division and masks want them), rsp as the stack, and the one that holds the arguments.
 */
const generalOrder: Readonly<Record<CallingConvention, readonly Gpr[]>> = {
  "system-v": [rcx, rsi, r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15],
  windows: [r8, r9, r10, r11, rbx, rbp, rsi, rdi, r12, r13, r14, r15],
};

/** Where the one argument arrives: the address of the argument block. */
export const argumentRegister: Readonly<Record<CallingConvention, Gpr>> = { "system-v": rdi, windows: rcx };

/** General registers that a function must hand back as it found them. */
const preserved: Readonly<Record<CallingConvention, readonly Gpr[]>> = {
  "system-v": [rbx, rbp, r12, r13, r14, r15],
  windows: [rbx, rbp, rsi, rdi, r12, r13, r14, r15],
};

/** Vector registers whose low 128 bits a function must hand back: on Windows xmm6 to xmm15. */
const preservedVectors: Readonly<Record<CallingConvention, readonly number[]>> = {
  "system-v": [],
  windows: [6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
};

/** k0 means "no mask" and k7 is scratch for comparisons. */
const maskRegisters = [1, 2, 3, 4, 5, 6] as const;

export class RegisterPool {
  readonly #program: string;
  readonly #convention: CallingConvention;
  readonly #free: Readonly<Record<RegisterClass, number[]>>;
  readonly #used: Readonly<Record<RegisterClass, Set<number>>>;
  readonly #isa: Isa;

  constructor(program: string, isa: Isa, convention: CallingConvention) {
    this.#program = program;
    this.#isa = isa;
    this.#convention = convention;
    this.#free = {
      general: generalOrder[convention].map(({ index }) => index),
      vector: vectorOrder(isa, convention),
      mask: isaRows[isa].masks ? [...maskRegisters] : [],
    };
    this.#used = { general: new Set(), vector: new Set(), mask: new Set() };
  }

  /** Registers of a class that an empty pool has. */
  static sizeOf(registerClass: RegisterClass, isa: Isa, convention: CallingConvention): number {
    return { general: generalOrder[convention].length, vector: isaRows[isa].registers, mask: 6 }[
      registerClass
    ];
  }

  /** The index of a register that is the caller's until it gives it back. @throws ProgramError if none is left. */
  take(registerClass: RegisterClass, purpose: string): number {
    const index = this.#free[registerClass].shift();
    if (index === undefined) this.#refuse(registerClass, purpose);
    this.#used[registerClass].add(index);
    return index;
  }

  /** Gives a register back; it is the next to be taken, so that few are ever used. */
  give(registerClass: RegisterClass, index: number): void {
    this.#free[registerClass].unshift(index);
  }

  /** General registers that must be saved before the body and restored behind it. */
  get generalToSave(): readonly Gpr[] {
    return preserved[this.#convention].filter(({ index }) => this.#used.general.has(index));
  }

  /** Vector registers that must be saved. */
  get vectorsToSave(): readonly number[] {
    return preservedVectors[this.#convention].filter((index) => this.#used.vector.has(index));
  }

  #refuse(registerClass: RegisterClass, purpose: string): never {
    const size = RegisterPool.sizeOf(registerClass, this.#isa, this.#convention);
    throw new RegistersExhausted(this.#program, registerClass, size, purpose);
  }
}

/** A program needs more registers of a class than there are. */
export class RegistersExhausted extends ProgramError {
  readonly registerClass: RegisterClass;

  constructor(program: string, registerClass: RegisterClass, size: number, purpose: string) {
    super(`program ${program} for x64`, {
      expected: `at most ${size} ${registerClass} registers in use at once`,
      found: `one more, for ${purpose}`,
      remedy:
        registerClass === "vector"
          ? "Choose a smaller tile (mr x nr / lanes sums, a row of B and a broadcast must fit), or fewer names at once."
          : "Give names a shorter life: define them where they are used, or walk with one pointer.",
    });
    this.registerClass = registerClass;
  }
}

/** Registers above 15 first on Windows, where the others must be saved; the lowest first elsewhere (shorter code). */
function vectorOrder(isa: Isa, convention: CallingConvention): number[] {
  const all = Array.from({ length: isaRows[isa].registers }, (_, i) => i);
  const costly = new Set(preservedVectors[convention]);
  return [...all.filter((i) => !costly.has(i)), ...all.filter((i) => costly.has(i))];
}
