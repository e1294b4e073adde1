/**
 * What a register tile should reach before anyone runs it: registers counted, loads and chains held against what a core
 * can do in a cycle, cache lines added. After the models of BLIS (Low, Igual, Smith & Quintana-Orti, "Analytical
 * Modeling Is Enough for High-Performance BLIS", 2016) for the tile and of Treibig & Hager (2010) for the lines. A model
 * is judged by its misses: what it leaves out (decoders, a compiler's own moves) is where they come from.
 */

import type { NativeIsa } from "../native/cpu-features.ts";
import type { KernelIsa } from "./machines.ts";

/** A class of core as one back end uses it. To predict for another: a further row, and its name in `gemm-predict`. */
export interface CoreModel {
  readonly name: string;
  /** Elements of float32 in a vector. */
  readonly lanes: number;
  /** Vector registers that the back end hands out. */
  readonly registers: number;
  readonly multiplyAddsPerCycle: number;
  readonly loadsPerCycle: number;
  /** Cycles until a multiply-add's result can be used. */
  readonly latency: number;
  /** Cycles from a store to a load of the same address: what a spilled sum adds to its chain. */
  readonly storeToLoad: number;
  /** Cycles for one cache line from the second level to the first. */
  readonly cyclesPerLine: number;
}

/**
 * 128-bit vectors as V8 compiles them for x86-64: 16 registers of which it keeps one (xmm15). Two multiply-adds of
 * latency 4, two vector loads and 32 bytes from L2 a cycle, forwarding in 5: Fog, "Instruction tables" and "The
 * microarchitecture of Intel, AMD and VIA CPUs", for Zen 2 to 4 and Intel since Skylake; newer cores load more.
 */
export const wasmCore: CoreModel = {
  name: "128-bit vectors, 15 registers",
  lanes: 4,
  registers: 15,
  multiplyAddsPerCycle: 2,
  loadsPerCycle: 2,
  latency: 4,
  storeToLoad: 5,
  cyclesPerLine: 2,
};

/** The same core with the vectors of machine code, whose every register the allocator hands out. */
const nativeCores: Readonly<Record<NativeIsa, CoreModel>> = {
  avx2: { ...wasmCore, name: "256-bit vectors, 16 registers", lanes: 8, registers: 16 },
  avx512: { ...wasmCore, name: "512-bit vectors, 32 registers", lanes: 16, registers: 32 },
};

/** The core as kernels of an instruction set use it. */
export function coreOf(isa: KernelIsa): CoreModel {
  return isa === "wasm" ? wasmCore : nativeCores[isa];
}

export interface TilePrediction {
  /** Sums, one row of B and one broadcast of A. */
  readonly registersNeeded: number;
  readonly spilled: number;
  /** Vector loads for each vector multiply-add. */
  readonly loadsPerMultiplyAdd: number;
  /** Cycles of one step of k, by what would bound it alone; `lines` are added to the largest of the others. */
  readonly cycles: {
    readonly multiplyAdds: number;
    readonly loads: number;
    readonly chains: number;
    readonly lines: number;
  };
  readonly bound: "multiply-adds" | "loads" | "chains" | "spills";
  /** Predicted share of the multiply-add peak. */
  readonly share: number;
}

/**
 * Predicts a tile of mr x nr whose innermost loop does one step of k with mr * nr / lanes sums.
 *
 * @param linesPerMac cache lines fetched for each scalar multiply-add, from the cache simulator
 */
export function predictTile(
  { mr, nr }: { readonly mr: number; readonly nr: number },
  core: CoreModel,
  linesPerMac: number,
): TilePrediction {
  const vectors = nr / core.lanes;
  const sums = mr * vectors;
  const registersNeeded = sums + vectors + 1;
  const spilled = Math.max(0, registersNeeded - core.registers);
  const loads = vectors + mr;
  const cycles = {
    multiplyAdds: sums / core.multiplyAddsPerCycle,
    loads: (loads + spilled) / core.loadsPerCycle,
    // Each sum is a chain with one link a step; one that lives in memory is stored and loaded between two links.
    chains: core.latency + (spilled > 0 ? core.storeToLoad : 0),
    lines: linesPerMac * mr * nr * core.cyclesPerLine,
  };
  const longest = Math.max(cycles.multiplyAdds, cycles.loads, cycles.chains);
  return {
    registersNeeded,
    spilled,
    loadsPerMultiplyAdd: loads / sums,
    cycles,
    bound: boundOf(cycles, longest, spilled),
    share: cycles.multiplyAdds / (longest + cycles.lines),
  };
}

/** Share of the computed elements that C has: tiles at its border are computed whole and written in part. */
export function filledShare(
  { m, n }: { readonly m: number; readonly n: number },
  { mr, nr }: { readonly mr: number; readonly nr: number },
): number {
  return (m * n) / (Math.ceil(m / mr) * mr * Math.ceil(n / nr) * nr);
}

function boundOf(
  { multiplyAdds, loads, chains }: TilePrediction["cycles"],
  longest: number,
  spilled: number,
): TilePrediction["bound"] {
  if (multiplyAdds === longest) return "multiply-adds";
  if (spilled > 0) return "spills";
  return chains >= loads ? "chains" : "loads";
}
