/**
 * C = (A - za) (B - zb) + bias with A and B of bytes and C of i32, exactly. B is packed once, with what follows from the
 * zero points for each of its columns; then A may be multiplied with it any number of times.
 *
 * Zero points cost next to nothing: sum (a - za)(b - zb) = sum a b - za sum b - zb sum a + k za zb, of which the second
 * and the last term belong to a column of B. Signed bytes of A are stored as unsigned ones plus 128 where the dot product
 * wants them unsigned, which is a zero point of 128 more (Jacob et al. 2018, section 2.3).
 */
import { compile, type KernelTarget } from "../../codegen/compile.ts";
import { ProgramError } from "../../codegen/errors.ts";
import type { Memory } from "../../codegen/memory.ts";
import type { Program } from "../../codegen/statements.ts";
import { everyStretch, type Stretch } from "../../gemm/loops/sweep.ts";
import { packAcrossProgram } from "../../gemm/programs/pack.ts";
import type { NativeIsa } from "../../native/cpu-features.ts";
import {
  biasProgram,
  columnTermsProgram,
  integerMacroProgram,
  packBytesProgram,
  packDownProgram,
  widenProgram,
} from "./programs.ts";
import { type IntegerTile, integerTile, type LeftBytes } from "./tiles.ts";

export interface IntegerGemmOptions {
  readonly target: KernelTarget;
  readonly memory: Memory;
  /** The largest problem; decides how much memory is allocated, once. */
  readonly shape: { readonly m: number; readonly n: number; readonly k: number };
  /** What the bytes of A are. `u7`, unsigned and at most 127, is faster where there is no VNNI. */
  readonly left: LeftBytes;
  readonly isa?: NativeIsa;
  /** Whether native code may use VNNI (default: where the machine has it). */
  readonly vnni?: boolean;
}

export interface RightOperand {
  /** Byte address of signed bytes. */
  readonly b: number;
  readonly n: number;
  readonly k: number;
  /** Bytes from one row to the next. */
  readonly ldb: number;
  /** Whether n rows of k bytes lie there, as weights of a layer do, instead of k rows of n. */
  readonly transposed?: boolean;
  readonly leftZeroPoint?: number;
  readonly rightZeroPoint?: number;
  /** Byte address of n i32. */
  readonly bias?: number;
}

export interface LeftOperand {
  /** Byte address of m rows of k bytes. */
  readonly a: number;
  readonly m: number;
  readonly lda: number;
  /** Byte address of m rows of n i32. */
  readonly c: number;
  /** Elements from one row of C to the next (default: n). */
  readonly ldc?: number;
}

/** B as the kernel reads it; belongs to the GEMM that packed it. */
export interface PackedRight {
  readonly n: number;
  readonly k: number;
  readonly panels: number;
  readonly terms: number;
  readonly leftZeroPoint: number;
  readonly rightZeroPoint: number;
}

export interface IntegerGemm {
  readonly tile: IntegerTile;
  /** Packs B; allocates room for it, or uses again what was allocated for another of at least its size. */
  pack(right: RightOperand, into?: PackedRight): PackedRight;
  /** C = (A - za) (B - zb) + bias. @throws ProgramError for what lies outside of memory or is larger than planned */
  run(left: LeftOperand, right: PackedRight): void;
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Compiles the integer GEMM for a target. */
export function createIntegerGemm(options: IntegerGemmOptions): IntegerGemm {
  return new IntegerProduct(options);
}

type Call = (...args: number[]) => void;

class IntegerProduct implements IntegerGemm {
  readonly tile: IntegerTile;
  readonly #memory: Memory;
  readonly #left: LeftBytes;
  readonly #shape: IntegerGemmOptions["shape"];
  readonly #make: (program: Program) => Call;
  readonly #calls = new Map<string, Call>();
  /** Words of four bytes on their way to pairs, and the packed block of A. */
  readonly #scratch: number;
  readonly #packedA: number;

  constructor({ target, memory, shape, left, isa, vnni }: IntegerGemmOptions) {
    this.tile = integerTile({ target, left, isa, vnni });
    this.#memory = memory;
    this.#left = left;
    this.#shape = shape;
    for (const [name, size] of Object.entries(shape))
      if (!Number.isInteger(size) || size < 1) refuseSize(name, size);
    const level = { ...(isa ? { isa } : {}), ...(vnni === undefined ? {} : { vnni }) };
    this.#make = (program) => compile(program, target, memory, level).call;
    const { mr, nr, mc, nc } = this.tile;
    const depth = Math.min(this.#steps(shape.k), this.tile.kc);
    const panelsA = roundUp(Math.min(mc, shape.m), mr);
    const panelsB = roundUp(Math.min(nc, shape.n), nr);
    this.#packedA = memory.allocate("i32", panelsA * depth).address;
    this.#scratch = memory.allocate(
      "i32",
      this.#pairs ? (Math.max(panelsA, panelsB) * depth) / 2 : 0,
    ).address;
  }

  get #pairs(): boolean {
    return this.tile.parts === "pairs";
  }

  /** Steps that the sum over k takes: a group of four bytes is one word, or two of two halves. */
  #steps(k: number): number {
    return Math.ceil(k / 4) * (this.#pairs ? 2 : 1);
  }

  #call(name: string, write: () => Program): Call {
    let call = this.#calls.get(name);
    if (!call) {
      call = this.#make(write());
      this.#calls.set(name, call);
    }
    return call;
  }

  pack(right: RightOperand, into?: PackedRight): PackedRight {
    const { n, k, leftZeroPoint = 0, rightZeroPoint = 0, transposed = false } = right;
    const { nr, nc, kc } = this.tile;
    this.#checkRight(right, transposed, into);
    const steps = this.#steps(k);
    const panels = into?.panels ?? this.#memory.allocate("i32", roundUp(n, nr) * steps).address;
    const terms = into?.terms ?? this.#memory.allocate("i32", roundUp(n, nr)).address;
    const packed = { n, k, panels, terms, leftZeroPoint, rightZeroPoint };
    const biased = this.#isBiased ? 128 : 0;
    const zero = leftZeroPoint + biased;
    this.#startTerms(packed, right.bias, k * zero * rightZeroPoint);
    everyStretch(n, nc, (columns) =>
      everyStretch(steps, kc, (depth) => {
        const place = this.#block(packed, columns, depth);
        if (transposed)
          this.#packRows(
            "B",
            right.b + columns.first * right.ldb,
            right.ldb,
            columns.length,
            depth,
            k,
            place,
          );
        else this.#packDown(right, columns, depth, place);
        const call = this.#call("terms", () => columnTermsProgram(this.tile));
        call(columns.length, depth.length, -zero, place, terms + columns.first * 4);
      }),
    );
    return packed;
  }

  /** Whether 128 is added to signed bytes of A, because the dot product takes them as unsigned. */
  get #isBiased(): boolean {
    return this.#left === "i8" && !this.#pairs;
  }

  /** Byte address of the panels of some columns over a stretch of the sum. */
  #block({ panels, n, k }: PackedRight, columns: Stretch, depth: Stretch): number {
    const width = Math.min(roundUp(n, this.tile.nr) - columns.first, roundUp(columns.length, this.tile.nr));
    return panels + (columns.first * this.#steps(k) + depth.first * width) * 4;
  }

  #startTerms({ terms, n }: PackedRight, bias: number | undefined, constant: number): void {
    const view = this.#memory.view("i32", terms, roundUp(n, this.tile.nr));
    view.fill(0);
    if (bias !== undefined) view.set(this.#memory.view("i32", bias, n));
    if (constant !== 0) for (let j = 0; j < n; j++) view[j] = (view[j] as number) + constant;
  }

  /** Rows that are contiguous along k: of A, or of B transposed. */
  #packRows(
    side: "A" | "B",
    source: number,
    stride: number,
    length: number,
    depth: Stretch,
    k: number,
    packed: number,
  ): void {
    const { mr, nr, lanes } = this.tile;
    const width = side === "A" ? mr : nr;
    const perGroup = this.#pairs ? 2 : 1;
    const groups = depth.length / perGroup;
    const firstByte = (depth.first / perGroup) * 4;
    const bytes = Math.min(groups * 4, k - firstByte);
    const target = this.#pairs ? this.#scratch : packed;
    const from = source + firstByte;
    if (from % 4 === 0 && stride % 4 === 0 && bytes === groups * 4) {
      const across = this.#call(`across${side}`, () => packAcrossProgram({ width, element: "i32", lanes }));
      across(length, groups, from, stride / 4, target);
    } else {
      const byByte = this.#call(`bytes${side}`, () => packBytesProgram(width));
      byByte(length, groups, bytes, from, stride, target);
    }
    this.#convert(side, Math.ceil(length / width) * groups, packed);
  }

  #packDown({ b, ldb, k }: RightOperand, columns: Stretch, depth: Stretch, packed: number): void {
    const perGroup = this.#pairs ? 2 : 1;
    const groups = depth.length / perGroup;
    const firstRow = (depth.first / perGroup) * 4;
    const down = this.#call("down", () => packDownProgram(this.tile));
    const source = b + firstRow * ldb + columns.first;
    down(
      columns.length,
      Math.min(groups * 4, k - firstRow),
      groups,
      source,
      ldb,
      this.#pairs ? this.#scratch : packed,
    );
    this.#convert("B", Math.ceil(columns.length / this.tile.nr) * groups, packed);
  }

  /** From packed groups of four bytes to what the dot product takes. */
  #convert(side: "A" | "B", steps: number, packed: number): void {
    const { mr, nr, lanes } = this.tile;
    const width = side === "A" ? mr : nr;
    const unsigned = side === "A" && this.#left !== "i8";
    if (this.#pairs)
      this.#call(`widen${side}`, () => widenProgram(width, lanes, unsigned))(steps, this.#scratch, packed);
    else if (side === "A" && this.#isBiased)
      this.#call("bias", () => biasProgram(lanes))(steps * width, packed);
  }

  run(left: LeftOperand, right: PackedRight): void {
    const { a, m, lda, c, ldc = right.n } = left;
    const { n, k, terms } = right;
    this.#checkLeft(left, right, ldc);
    const { nc, kc, mc } = this.tile;
    const macro = this.#call("macro", () => integerMacroProgram(this.tile));
    everyStretch(n, nc, (columns) =>
      everyStretch(this.#steps(k), kc, (depth) => {
        const panels = this.#block(right, columns, depth);
        everyStretch(m, mc, (rows) => {
          this.#packRows("A", a + rows.first * lda, lda, rows.length, depth, k, this.#packedA);
          const to = c + (rows.first * ldc + columns.first) * 4;
          const first = depth.first === 0 ? 1 : 0;
          macro(
            ...[rows.length, columns.length, depth.length, first, this.#packedA, panels],
            ...[terms + columns.first * 4, to, ldc],
          );
        });
      }),
    );
    if (right.rightZeroPoint !== 0) this.#subtractRows(left, right, ldc);
  }

  /** The term that belongs to a row of A, which only a zero point of B makes; rare, so it is not woven in. */
  #subtractRows({ a, m, lda, c }: LeftOperand, { n, k, rightZeroPoint }: PackedRight, ldc: number): void {
    const view = this.#left === "i8" ? "i8" : "u8";
    const biased = this.#isBiased ? 128 : 0;
    for (let i = 0; i < m; i++) {
      let sum = 0;
      for (const value of this.#memory.view(view, a + i * lda, k)) sum += value + biased;
      const row = this.#memory.view("i32", c + i * ldc * 4, n);
      for (let j = 0; j < n; j++) row[j] = (row[j] as number) - rightZeroPoint * sum;
    }
  }

  #checkRight({ b, n, k, ldb, bias = 0 }: RightOperand, transposed: boolean, into?: PackedRight): void {
    const { n: mostN, k: mostK } = into ?? this.#shape;
    const fits = (size: number, most: number): boolean => Number.isInteger(size) && size >= 1 && size <= most;
    if (!fits(n, mostN) || !fits(k, mostK))
      refuse(`a right operand of at most ${mostK} x ${mostN}`, `${k} x ${n}`, "Make a GEMM for the largest.");
    const [rows, length] = transposed ? [n, k] : [k, n];
    this.#checkPlace("B", b, rows, length, ldb, 1);
    if (bias) this.#checkPlace("bias", bias, 1, n, n, 4);
  }

  #checkLeft({ a, m, lda, c }: LeftOperand, { n, k }: PackedRight, ldc: number): void {
    if (!Number.isInteger(m) || m < 1 || m > this.#shape.m)
      refuse(`1 to ${this.#shape.m} rows of A`, String(m), "Make a GEMM for the largest.");
    this.#checkPlace("A", a, m, k, lda, 1);
    this.#checkPlace("C", c, m, n, ldc, 4);
  }

  #checkPlace(
    name: string,
    address: number,
    rows: number,
    length: number,
    stride: number,
    bytes: 1 | 4,
  ): void {
    if (!Number.isInteger(stride) || stride < length)
      refuse(
        `rows of ${name} at least ${length} elements apart`,
        String(stride),
        "Give the distance between rows.",
      );
    const end = address + ((rows - 1) * stride + length) * bytes;
    if (!Number.isInteger(address) || address < 1 || address % bytes !== 0 || end > this.#memory.bytes)
      refuse(
        `${name} inside of ${this.#memory.bytes} bytes, at a multiple of ${bytes}`,
        `bytes ${address} to ${end}`,
        "Allocate operands from the memory that the GEMM was made for.",
      );
  }
}

function refuse(expected: string, found: string, remedy: string): never {
  throw new ProgramError("integer gemm", { expected, found, remedy });
}

function refuseSize(name: string, size: number): never {
  return refuse(`a whole ${name} of at least 1`, String(size), "Say the largest problem that will be run.");
}
