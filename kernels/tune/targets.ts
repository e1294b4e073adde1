/**
 * What can be tuned on each target, as data: width and number of the vector registers, what happens to a tile that needs
 * more, and the values that each knob may take. A new back end is a row.
 */
import type { Target } from "../experiment.ts";
import { type OuterOrder, outerOrders } from "../gemm/loops/any-order.ts";
import type { KernelIsa } from "../gemm/machines.ts";
import { nativeAvailability } from "../native/availability.ts";

/** Values of each knob, ascending. `mc` and `nc` are rounded to whole tiles, all three blocks cut to the shape. */
export interface Knobs {
  readonly mr: readonly number[];
  /** Vectors of B in a row of the tile: nr is this times the lanes. */
  readonly vectors: readonly number[];
  readonly mc: readonly number[];
  readonly nc: readonly number[];
  readonly kc: readonly number[];
  readonly unroll: readonly number[];
  readonly order: readonly OuterOrder[];
  /** Whether lines of C are asked for before a tile's sum begins. */
  readonly prefetch: readonly boolean[];
  /** Steps of k by which lines of the operands are asked for ahead. */
  readonly ahead: readonly number[];
  /** Whether operands are copied into panels or read where they lie. */
  readonly packed: readonly boolean[];
}

export interface TuneTarget {
  /** What `--target` takes, and what plans are stored under. */
  readonly id: string;
  readonly target: Target;
  /** Whose machine row is the default plan. */
  readonly isa: KernelIsa;
  readonly vectorBits: number;
  /** Vector registers that a kernel may use. */
  readonly registers: number;
  /** Registers that a tile may need at the most: more than there are where the engine spills, as many where it refuses. */
  readonly mostNeeded: number;
  /** The variant that every candidate is compared with. */
  readonly defaultVariant: string;
  readonly knobs: Knobs;
}

const blocks = {
  mc: [24, 48, 96, 144, 192, 288, 384, 768],
  nc: [64, 128, 256, 512, 1024, 2048, 4096],
  kc: [64, 128, 192, 256, 384, 512, 768, 1024],
} as const;

/** What runs where nothing was found: the plan that suits the shape by the numbers of `../gemm/machines.ts`. */
const defaultVariant = "auto";

/** V8 keeps one of the sixteen registers for itself, and spills what does not fit. */
const v8 = {
  isa: "wasm",
  vectorBits: 128,
  registers: 15,
  mostNeeded: 19,
  defaultVariant,
} as const;

const v8Knobs: Knobs = {
  mr: [1, 2, 3, 4, 5, 6, 7, 8, 10, 12],
  vectors: [1, 2, 3, 4],
  ...blocks,
  unroll: [1, 2, 4, 8],
  order: outerOrders,
  // WebAssembly has no prefetch, JavaScript neither.
  prefetch: [false],
  ahead: [0],
  packed: [true, false],
};

/** Machine code refuses what does not fit its registers, and can ask for lines ahead. */
const machineCode = { target: "native", defaultVariant } as const;

const avx512Knobs: Knobs = {
  mr: [4, 6, 8, 9, 10, 12, 13, 14],
  vectors: [1, 2, 3, 4],
  ...blocks,
  unroll: [1, 2, 4, 8],
  order: outerOrders,
  prefetch: [false, true],
  // A step takes 6 to 12 cycles: from what the second level takes to answer to what memory does.
  ahead: [0, 4, 8, 16, 32],
  packed: [true, false],
};

/** With three vectors in a row, the masks at the border would need registers that the sums have. */
const avx2Knobs: Knobs = { ...avx512Knobs, mr: [2, 3, 4, 5, 6, 8, 10, 12], vectors: [1, 2] };

/** Every target that can be tuned, the preferred one first. */
export const tuneTargets: readonly TuneTarget[] = [
  { id: "wasm", target: "wasm", ...v8, knobs: v8Knobs },
  { id: "js", target: "js", ...v8, knobs: v8Knobs },
  {
    id: "avx512",
    isa: "avx512",
    ...machineCode,
    vectorBits: 512,
    registers: 32,
    mostNeeded: 32,
    knobs: avx512Knobs,
  },
  {
    id: "avx2",
    isa: "avx2",
    ...machineCode,
    vectorBits: 256,
    registers: 16,
    mostNeeded: 15,
    knobs: avx2Knobs,
  },
];

/** The row of a target, or undefined. */
export function tuneTargetCalled(id: string): TuneTarget | undefined {
  return tuneTargets.find((row) => row.id === id);
}

/** The row of a target with the vectors that this machine has; undefined where it cannot be tuned here. */
export function tuneTargetOn(target: Target): TuneTarget | undefined {
  if (target !== "native") return tuneTargets.find((row) => row.target === target);
  const native = nativeAvailability();
  return native.available ? tuneTargetCalled(native.isa) : undefined;
}
