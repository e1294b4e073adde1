/**
 * The variants of GEMM, one row a family: from three plain loops to packed and blocked micro-kernels. The order is
 * the ladder on which each step is explained by what it adds; an id with numbers names a member of a family.
 */
import { ProgramError } from "../codegen/errors.ts";
import { bytesOf } from "../codegen/expressions.ts";
import type { Program } from "../codegen/statements.ts";
import type { GemmShape, Real } from "./arguments.ts";
import { planFor, tileOptions } from "./choose.ts";
import { directPlan } from "./direct.ts";
import { type KernelIsa, type MachineRow, machineRow } from "./machines.ts";
import { packedPlan } from "./packed.ts";
import type { GemmPlan, Grain } from "./plan.ts";
import { accumulateInMemoryProgram } from "./programs/accumulate-in-memory.ts";
import { blockedProgram } from "./programs/blocked.ts";
import { type LoopOrder, loopOrderProgram, loopOrders } from "./programs/loop-order.ts";
import type { MacroKernelOptions } from "./programs/macro-kernel.ts";
import { productArguments } from "./programs/product.ts";
import { registerTileProgram } from "./programs/register-tile.ts";
import {
  blockingOfId,
  checkedBlocking,
  lanesOf as lanesOfTuned,
  type TunedBlocking,
  tunedPattern,
} from "./tuned.ts";
import { unpackedPlan } from "./unpacked.ts";

export interface GemmVariant {
  /** The id, or the pattern of a family's ids: `<b>` stands for a number. */
  readonly id: string;
  readonly title: string;
  /** What this step adds to the one before. */
  readonly adds: string;
  /** An id of the family to show and to test. */
  readonly example: string;
  readonly pattern: RegExp;
  plan(id: string, numbers: readonly number[], on: Setting): GemmPlan;
}

/** What a variant is planned for: elements, the class of machine, and the problem where the plan depends on it. */
export interface Setting {
  readonly element: Real;
  readonly machine: MachineRow;
  readonly shape: GemmShape | undefined;
}

/** Side of a block where none is named: three f32 blocks of 48 x 48 are 27 KiB, within a 32 KiB first-level cache. */
export const defaultBlock = 48;

/** Of loops that treat every element of C alike. */
const unit: Grain = { rows: 1, columns: 1 };

const simdLanes = ({ element, machine }: Setting): number => machine.vectorBytes / bytesOf[element];
const lanesOf = (id: string, on: Setting): number => (id.endsWith("-simd") ? simdLanes(on) : 1);

export const gemmVariants: readonly GemmVariant[] = [
  {
    id: "naive-ijk",
    title: "three loops, i-j-k",
    adds: "the definition: each element of C is a row of A times a column of B",
    example: "naive-ijk",
    pattern: /^naive-ijk$/,
    plan: (id, _, on) =>
      singlePlan(id, on.element, unit, loopOrderProgram(`${id}-${on.element}`, "ijk", on.element, 1)),
  },
  {
    id: "memory-1x1",
    title: "three loops, C left in memory",
    adds: "nothing: it takes the register away, so that what a register saves can be counted",
    example: "memory-1x1",
    pattern: /^memory-1x1$/,
    plan: (id, _, on) =>
      singlePlan(id, on.element, unit, accumulateInMemoryProgram(`${id}-${on.element}`, on.element)),
  },
  {
    id: "loop-<order>",
    title: "three loops in one of six orders",
    adds: "ikj and kij walk along rows of B and C, so that every cache line is used whole",
    example: "loop-ikj",
    pattern: new RegExp(`^loop-(?:${loopOrders.join("|")})$`),
    plan: (id, _, on) =>
      singlePlan(
        id,
        on.element,
        unit,
        loopOrderProgram(`${id}-${on.element}`, id.slice(5) as LoopOrder, on.element, 1),
      ),
  },
  {
    id: "loop-<order>-simd",
    title: "ikj or kij with vectors",
    adds: "a vector of neighbouring columns is computed at once",
    example: "loop-ikj-simd",
    pattern: /^loop-(?:ikj|kij)-simd$/,
    plan: (id, _, on) =>
      singlePlan(
        id,
        on.element,
        { rows: 1, columns: simdLanes(on) },
        loopOrderProgram(`${id}-${on.element}`, id.slice(5, 8) as LoopOrder, on.element, simdLanes(on)),
      ),
  },
  {
    id: "blocked[-<b>][-simd]",
    title: "one level of blocking",
    adds: "blocks that stay in the first-level cache are used as often as they are long",
    example: "blocked-32-simd",
    pattern: /^blocked(?:-(\d+))?(?:-simd)?$/,
    plan: (id, [block = defaultBlock], on) =>
      singlePlan(
        id,
        on.element,
        { rows: block, columns: block },
        blockedProgram(`${id}-${on.element}`, block, on.element, lanesOf(id, on)),
      ),
  },
  {
    id: "register-<mr>x<nr>[-simd]",
    title: "a tile of C in registers",
    adds: "each load feeds several multiply-adds, and C is touched once in the k loop instead of every time",
    example: "register-4x4",
    pattern: /^register-(\d+)x(\d+)(?:-simd)?$/,
    plan: (id, [mr = 4, nr = 4], on) => {
      const tile = { mr, nr, lanes: lanesOf(id, on) };
      const program = registerTileProgram(`${id}-${on.element}`, checkedTile(id, tile), on.element);
      return singlePlan(id, on.element, { rows: mr, columns: nr }, program);
    },
  },
  {
    id: "register-<mr>x<nr>-simd-blocked",
    title: "a tile in registers, blocked for the caches, nothing packed",
    adds: "the same blocks as packed-blocked, read where they lie: what packing itself buys is the next step",
    example: "register-4x4-simd-blocked",
    pattern: /^register-(\d+)x(\d+)-simd-blocked$/,
    plan: (id, numbers, on) => {
      const blocking = blockingFor(id, numbers, on);
      const tile = { mr: blocking.mr, nr: blocking.nr, lanes: simdLanes(on) };
      return unpackedPlan(
        id,
        blocking,
        registerTileProgram(`${id}-${on.element}`, tile, on.element),
        on.element,
      );
    },
  },
  {
    id: "micro-<mr>x<nr>-rolled",
    title: "packed and blocked, one step of k in each pass",
    adds: "A and B are packed; the loop over k is not unrolled yet, so that unrolling is a step of its own",
    example: "micro-4x4-rolled",
    pattern: /^micro-(\d+)x(\d+)-rolled$/,
    plan: (id, numbers, on) =>
      packedPlan(id, on.element, blockingFor(id, numbers, on), simdLanes(on), { ...edgesOn(on), unroll: 1 }),
  },
  {
    id: "packed[-<mr>x<nr>]",
    title: "register tiles on packed operands, one level",
    adds: "A and B are copied into the order of use: no strides, no misses of the address translation, no edges",
    example: "packed",
    pattern: /^packed(?:-(\d+)x(\d+))?$/,
    plan: (id, numbers, on) => {
      const blocking = blockingFor(id, numbers, on);
      return packedPlan(
        id,
        on.element,
        { ...blocking, mc: Number.POSITIVE_INFINITY, nc: Number.POSITIVE_INFINITY },
        simdLanes(on),
        edgesOn(on),
      );
    },
  },
  {
    id: "packed-blocked",
    title: "packed, blocked for two levels of cache",
    adds: "the block of A stays in L2 and the panel of B in L1, whatever the size of the matrices",
    example: "packed-blocked",
    pattern: /^packed-blocked$/,
    plan: (id, _, on) => packedPlan(id, on.element, blockingFor(id, [], on), simdLanes(on), edgesOn(on)),
  },
  {
    id: "micro-<mr>x<nr>",
    title: "packed and blocked around a micro-kernel of this shape",
    adds: "the shape that keeps the multiply-add units busy with the fewest loads",
    example: "micro-4x8",
    pattern: /^micro-(\d+)x(\d+)$/,
    plan: (id, numbers, on) =>
      packedPlan(id, on.element, blockingFor(id, numbers, on), simdLanes(on), edgesOn(on)),
  },
  {
    id: "direct-<mr>x<nr>",
    title: "register tiles in place, edges under masks",
    adds: "nothing to the large case: it saves small and skinny products the cost of packing",
    example: "direct-4x8",
    pattern: /^direct-(\d+)x(\d+)$/,
    plan: (id, [mr = 4, nr = 4], on) => {
      const lanes = simdLanes(on);
      checkedTile(id, { mr, nr, lanes });
      return directPlan(id, on.element, { rows: mr, vectors: nr / lanes, lanes }, on.shape);
    },
  },
  {
    id: "auto",
    title: "the plan that suits the shape",
    adds: "dot products for few columns, tiles in place for few rows and what is not large, packing for the rest",
    example: "auto",
    pattern: /^auto$/,
    plan: (id, _, { shape, element, machine }) => planFor(id, shape ?? typicalShape, element, machine),
  },
  {
    id: "tuned-<mr>x<nr>v<bits>-mc<mc>-nc<nc>-kc<kc>-u<unroll>-<order>[-prefetch][-ahead<steps>]",
    title: "packed or in place, as a search chose it",
    adds: "every number free: what `kdaccel tune` tries and keeps",
    example: "tuned-4x8v128-mc8-nc16-kc8-u2-ipj",
    pattern: tunedPattern,
    plan: (id, _, on) => {
      const { element } = on;
      const blocking = checkedBlocking(id, blockingOfId(id) as TunedBlocking, element);
      const lanes = lanesOfTuned(blocking, element);
      if (!blocking.packed) {
        const tile = { rows: blocking.mr, vectors: blocking.nr / lanes, lanes, ahead: blocking.ahead };
        return directPlan(id, element, tile, on.shape);
      }
      return packedPlan(id, element, blocking, lanes, {
        ...edgesOn(on),
        ...blocking,
      });
    },
  },
];

/** What `auto` is shown and tested with where no shape is named: large enough that it packs. */
const typicalShape: GemmShape = { m: 1024, n: 1024, k: 1024 };

/** The plan of a variant. @throws ProgramError for an id that no family knows. */
export function planGemm(
  id: string,
  element: Real = "f32",
  isa: KernelIsa = "wasm",
  shape?: GemmShape,
): GemmPlan {
  const on = { element, machine: machineRow(element, isa), shape };
  for (const variant of gemmVariants) {
    const match = variant.pattern.exec(id);
    if (match)
      return variant.plan(
        id,
        match
          .slice(1)
          .filter((digits) => digits !== undefined)
          .map(Number),
        on,
      );
  }
  throw new ProgramError("planGemm", {
    expected: `one of ${gemmVariants.map((variant) => variant.id).join(", ")}`,
    found: `"${id}"`,
    remedy: "Write numbers in place of <b>, <mr> and <nr>, and leave out what is optional in brackets.",
  });
}

/** A plan of one program that multiplies without workspace. */
function singlePlan(variant: string, element: Real, grain: Grain, program: Program): GemmPlan {
  return {
    variant,
    element,
    grain,
    programs: { product: program },
    workspace: () => 0,
    multiply: ({ product }, call) => product?.(...productArguments(call)),
  };
}

/** The blocking of this machine class with the tile of the id, if it names one; mc in whole tiles. */
function blockingFor(id: string, [mr, nr]: readonly number[], on: Setting) {
  const row = on.machine;
  const blocking = { ...row.blocking, mr: mr ?? row.blocking.mr, nr: nr ?? row.blocking.nr };
  checkedTile(id, { mr: blocking.mr, nr: blocking.nr, lanes: simdLanes(on) });
  return {
    ...blocking,
    mc: Math.max(1, Math.round(blocking.mc / blocking.mr)) * blocking.mr,
    nc: Math.max(1, Math.round(blocking.nc / blocking.nr)) * blocking.nr,
  };
}

/** Machine code writes the border of C under masks and asks for lines of C ahead; the other targets can do neither. */
const edgesOn = ({ machine }: Setting): MacroKernelOptions => tileOptions(machine);

/** No tile has more sums than this: far beyond any register file, and generated code stays of readable size. */
const mostSums = 256;

function checkedTile<T extends { mr: number; nr: number; lanes: number }>(id: string, tile: T): T {
  const { mr, nr, lanes } = tile;
  if (mr >= 1 && nr >= 1 && nr % lanes === 0 && (mr * nr) / lanes <= mostSums) return tile;
  throw new ProgramError(`variant ${id}`, {
    expected: `at least one row, columns in multiples of ${lanes}, at most ${mostSums} sums`,
    found: `${mr}x${nr}`,
    remedy: "Choose a tile such as 4x8.",
  });
}
