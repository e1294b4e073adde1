/**
 * What the name of a timed variant says beyond the loops: `packed-blocked-strict` is `packed-blocked` in strict
 * arithmetic, `packed-blocked-2t` on two threads, `packed-blocked-4t-2x2` on four that share C by two rows and two columns of
 * parts, `packed-blocked-avx2` with vectors of 256 bits. A variant's name is all that a ledger keeps of it, so whatever
 * makes two contestants differ is in it. To name a further option of `createGemm`: one row here.
 */
import type { Arithmetic } from "../codegen/arithmetic.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import type { Split } from "./partition.ts";

/** How a product is computed: the options of `createGemm` that a name can carry. */
export interface GemmWay {
  readonly variant: string;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  /** How C is cut among the threads, where the name says it. */
  readonly split?: Split;
  /** Level of x86-64, where the name asks for one. */
  readonly isa?: NativeIsa;
}

interface Ending {
  readonly pattern: RegExp;
  /** What the ending stands for, given what its pattern found. */
  readonly means: (match: RegExpExecArray) => Partial<GemmWay>;
}

const endings: readonly Ending[] = [
  { pattern: /-strict$/, means: () => ({ arithmetic: "strict" }) },
  { pattern: /-(avx2|avx512)$/, means: ([, isa]) => ({ isa: isa as NativeIsa }) },
  // As `withThreads` of kernels/variant.ts writes it.
  { pattern: /-(\d+)t$/, means: ([, threads]) => ({ threads: Number(threads) }) },
  {
    pattern: /-(\d+)t-([1-9]\d*)x([1-9]\d*)$/,
    means: ([, threads, rows, columns]) => ({
      threads: Number(threads),
      split: { rows: Number(rows), columns: Number(columns) },
    }),
  },
];

/** Takes the endings off a name, the last one first. */
export function gemmWay(name: string): GemmWay {
  for (const { pattern, means } of endings) {
    const match = pattern.exec(name);
    if (match) return { ...gemmWay(name.slice(0, match.index)), ...means(match) };
  }
  return { variant: name, arithmetic: "fast", threads: 1 };
}
