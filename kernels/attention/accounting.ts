/**
 * What both ways of attention take and move, exactly and before anything is allocated, by the rule of
 * ../conv/accounting.ts: a byte that one call of a kernel touches counts once for reading and once for writing. What a call
 * keeps in a scratch of its own, which it writes before it reads (the scores of one panel with one block of keys, 16 KiB),
 * stays in the first-level cache and is stated apart. Panels that GEMM packs inside of the chain are left out, those that the fused way packs
 * are counted. Held against traced programs by `accounting.test.ts`.
 */
import { bytesOf } from "../codegen/expressions.ts";
import { type Accounting, accountingOf, type Stage } from "../conv/accounting.ts";
import { kernelIsa } from "../gemm/machines.ts";
import { chainProductBytes, type ProductSetting, scoreVariant } from "./chain.ts";
import { blocksOf, groupsOf, maskKindOf } from "./parts.ts";
import { type AttentionProblem, type ProblemOptions, problemOf } from "./shape.ts";
import { type AttentionTiles, tilesOf } from "./tiles.ts";
import { bytesOfPieces, forwardPieces } from "./workspace.ts";

export interface AttentionAccounting extends Accounting {
  /** Bytes of scores that exist at one time. */
  readonly scoreBytes: number;
}

type Options = ProductSetting["options"] & ProblemOptions;

const upTo = (length: number, multiple: number): number => Math.ceil(length / multiple) * multiple;

/** Elements that a stage reads and writes; added up by name. */
class Tally {
  readonly #stages = new Map<string, Stage>();
  readonly #bytes: number;
  readonly #times: number;

  constructor(bytes: number, times: number) {
    this.#bytes = bytes;
    this.#times = times;
  }

  add(stage: string, read: number, written: number): void {
    const unit = this.#bytes * this.#times;
    const { readBytes = 0, writtenBytes = 0 } = this.#stages.get(stage) ?? {};
    this.#stages.set(stage, {
      stage,
      readBytes: readBytes + read * unit,
      writtenBytes: writtenBytes + written * unit,
    });
  }

  get stages(): readonly Stage[] {
    return [...this.#stages.values()];
  }
}

/** Multiplications of both products, causality not taken into account. */
const multiplicationsOf = ({ shape }: AttentionProblem): number =>
  shape.batch * shape.heads * shape.queries * shape.keys * (shape.width + shape.valueWidth);

/** One forward pass with online softmax. */
export function fusedAccounting(options: Options): AttentionAccounting {
  const problem = problemOf(options);
  const { element = "f32" } = options;
  const tiles = tilesOf(element, kernelIsa(options.target, options.isa), problem.shape);
  const { batch, heads, keys, width, valueWidth } = problem.shape;
  const tally = new Tally(bytesOf[element], batch * heads);
  const padded = upTo(valueWidth, tiles.values);
  tally.add("pack keys", keys * width, upTo(keys, tiles.keys) * width);
  tally.add("pack values", keys * valueWidth, keys * padded);
  for (const { first, rows, panels } of groupsOf(problem, tiles)) {
    const lanes = panels * tiles.queries;
    tally.add("pack queries", rows * width, lanes * width);
    tally.add("start", 0, lanes * (2 + padded));
    for (const block of blocksOf(problem, tiles, { first, rows, panels }))
      addBlock(tally, problem, tiles, { first, rows, panels }, block);
    tally.add("finish", lanes * (2 + valueWidth), lanes * (1 + valueWidth) + rows * (valueWidth + 1));
  }
  return {
    ...accountingOf({
      workspaceBytes: bytesOfPieces(forwardPieces(problem.shape, tiles), element),
      preparedBytes: 0,
      stages: tally.stages,
      multiplications: multiplicationsOf(problem),
    }),
    scoreBytes: tiles.keyBlock * tiles.queries * bytesOf[element],
  };
}

/** A group of queries with a block of keys; panels that see none of them are passed over. */
function addBlock(
  tally: Tally,
  problem: AttentionProblem,
  tiles: AttentionTiles,
  group: { readonly first: number; readonly rows: number; readonly panels: number },
  block: { readonly first: number; readonly keys: number },
): void {
  const { width, valueWidth } = problem.shape;
  const padded = upTo(valueWidth, tiles.values);
  const kind = maskKindOf(problem);
  let [most, lanes, pairs, numbers] = [0, 0, 0, 0];
  for (let panel = 0; panel < group.panels; panel++) {
    // The last key of the block that the panel's first query sees.
    const last = group.first + panel * tiles.queries + problem.causalOffset - block.first;
    const count = Math.max(0, Math.min(block.keys, last + tiles.queries));
    if (count === 0) continue;
    most = Math.max(most, count);
    lanes += tiles.queries;
    pairs += count * tiles.queries;
    if (count > last + 1) numbers = tiles.queries;
  }
  if (kind === "pairs")
    tally.add("pack mask", group.rows * block.keys, group.panels * tiles.queries * block.keys);
  const masked = kind === "pairs" ? pairs : kind === "keys" ? most : 0;
  const running = lanes * (2 + padded);
  const packed = lanes * width + upTo(most, tiles.keys) * width + most * padded;
  tally.add("attend", packed + running + masked + numbers, running);
}

/** One forward pass as a chain of operators. */
export function chainAccounting(options: Options): AttentionAccounting {
  const problem = problemOf(options);
  const { element = "f32" } = options;
  const { batch, heads, queries, keys, width, valueWidth } = problem.shape;
  const bytes = bytesOf[element];
  const setting = { options, element };
  const { turns } = scoreVariant(setting, problem);
  const tally = new Tally(bytes, batch * heads);
  const scores = queries * keys;
  if (turns) tally.add("turn keys", keys * width, keys * width);
  tally.add("scores", queries * width + keys * width, scores);
  if (problem.mask) tally.add("mask", scores + (problem.mask.query === 0 ? keys : scores), scores);
  if (problem.causalOffset !== Number.POSITIVE_INFINITY) tally.add("hide", 0, hiddenScores(problem));
  tally.add("softmax", scores, scores);
  tally.add("values", scores + keys * valueWidth, queries * valueWidth);
  const scoreBytes = batch * heads * scores * bytes;
  return {
    ...accountingOf({
      workspaceBytes:
        upTo(scoreBytes, 64) +
        (turns ? upTo(keys * width * bytes, 64) : 0) +
        chainProductBytes(setting, problem),
      preparedBytes: 0,
      stages: tally.stages,
      multiplications: multiplicationsOf(problem),
    }),
    scoreBytes,
  };
}

/** Scores of one head that causality hides. */
function hiddenScores({ shape, causalOffset }: AttentionProblem): number {
  let hidden = 0;
  for (let i = 0; i < shape.queries; i++)
    hidden += shape.keys - Math.max(0, Math.min(shape.keys, i + causalOffset + 1));
  return hidden;
}
