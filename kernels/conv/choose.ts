/**
 * Which algorithm a layer is computed with, said before anything is run: the cycles of its multiply-adds, tiles at the
 * border included, and those of the bytes that it moves, by the level of cache that its buffers fit. How good that is,
 * `conv-choice.bench.ts` measures: how often the first choice is the fastest, and how much time it costs where it is not.
 */
import { type ConvAlgorithm, type ConvAlgorithmId, refusalOf } from "./algorithm.ts";
import { convAlgorithms } from "./algorithms.ts";
import { type ConvProblem, elementBytes, vectorLanes } from "./problem.ts";

export interface RankedAlgorithm {
  readonly algorithm: ConvAlgorithmId;
  /** Predicted, for the whole batch. */
  readonly cycles: number;
}

/** Multiply-adds that start in a cycle on the cores of the last ten years. */
export const startsPerCycle = 2;

/** Bytes of a buffer that stays in the second level: half of the smallest that a machine row names. */
const secondLevelBytes = 256 * 1024;

/** A pass that stays in the second level loads, changes and stores about a vector in two cycles. */
const cyclesPerVector = 2;
/** Bytes that a pass moves in a cycle where its buffers do not stay there, on one core among several. */
const farBytesPerCycle = 12;

/** Share of the multiply-adds' peak that tiles reach with operands in the second level. */
const tileEfficiency = 0.92;

/** The algorithms that take a problem, fastest first as predicted. Strict arithmetic keeps the sums of the definition. */
export function rankAlgorithms(problem: ConvProblem): readonly RankedAlgorithm[] {
  return convAlgorithms
    .filter((row) => refusalOf(row, problem) === null)
    .filter((row) => problem.arithmetic !== "strict" || row.tolerance === undefined)
    .map((row) => ({ algorithm: row.id, cycles: predictedCycles(row, problem) }))
    .sort((a, b) => a.cycles - b.cycles);
}

/** The algorithm that is predicted to be the fastest. */
export function chooseAlgorithm(problem: ConvProblem): ConvAlgorithmId {
  return (rankAlgorithms(problem)[0] as RankedAlgorithm).algorithm;
}

/**
 * Cycles of a call of generated code with what it takes to prepare it: half a microsecond. It counts where a layer has
 * hundreds of groups, each a call.
 */
const cyclesPerCall = 1800;

/** Cycles of one run of the batch. */
export function predictedCycles(row: ConvAlgorithm<string>, problem: ConvProblem): number {
  const { shape, batch } = problem;
  const { bytesMoved, workspaceBytes, multiplications } = row.accounting(problem);
  const perCycle = startsPerCycle * vectorLanes(problem);
  const multiplyAdds = row.cycles ? batch * row.cycles(problem) : multiplications / perCycle;
  const within = workspaceBytes <= secondLevelBytes ? bytesMoved : 0;
  const near = within + batch * (row.nearBytes?.(problem) ?? 0);
  const nearRate = (vectorLanes(problem) * elementBytes(problem)) / cyclesPerVector;
  const copies = near / nearRate + (bytesMoved - within) / Math.min(nearRate, farBytesPerCycle);
  const calls = batch * (row.calls?.(problem) ?? shape.groups);
  return multiplyAdds / tileEfficiency + copies + calls * cyclesPerCall;
}
