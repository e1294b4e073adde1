/**
 * The backward pass: for each head, keys and values are packed as each product wants them; for each group of queries,
 * blocks of keys go by. Gradients of keys and values grow in the workspace while queries go by, then are written.
 */
import type { NamedProgram, Setting } from "../nn/operation.ts";
import type { AttentionBackward } from "./attention.ts";
import type { Forward } from "./forward.ts";
import type { Group, Head, Parts } from "./parts.ts";
import { clear, gradientBlock, queryDots, scaleRows } from "./programs/backward.ts";
import { turnGroup } from "./programs/finish.ts";
import type { AttentionOperand, AttentionProblem } from "./shape.ts";
import type { AttentionTiles } from "./tiles.ts";
import { allocatePieces, backwardPieces, rowLength } from "./workspace.ts";

export interface Backward {
  run(args: AttentionBackward): void;
}

/** What a pass over one head knows. */
interface HeadPass {
  readonly args: AttentionBackward;
  readonly head: Head;
  /** The byte address of a token of an operand, or of the gradient that lies like it. */
  at(address: number, operand: AttentionOperand, token?: number): number;
}

export function createBackward(
  setting: Setting,
  problem: AttentionProblem,
  tiles: AttentionTiles,
  { parts }: Forward,
): Backward {
  const pieces = allocatePieces(backwardPieces(problem.shape, tiles), setting.element, setting.memory);
  const maker: Maker = { setting, problem, tiles, parts, pieces, call: (program) => setting.kernel(program) };
  const block = setting.kernel(gradientBlock(tiles, parts.kind));
  return {
    run: (args) =>
      parts.eachHead((head) => {
        const pass: HeadPass = {
          ...{ args, head },
          at: (address, operand, token = 0) => parts.token(address, problem.layouts[operand], head, token),
        };
        packHead(maker, pass);
        parts.eachGroup((group) => {
          packGroup(maker, pass, group);
          for (const blockArguments of blocksOf(maker, pass, group)) block(...blockArguments);
          writeQueryGradients(maker, pass, group);
        });
        writeKeyGradients(maker, pass);
      }),
  };
}

interface Maker {
  readonly setting: Setting;
  readonly problem: AttentionProblem;
  readonly tiles: AttentionTiles;
  readonly parts: Parts;
  readonly pieces: Readonly<Record<keyof ReturnType<typeof backwardPieces>, number>>;
  call(program: NamedProgram): (...args: number[]) => void;
}

/** Keys and values in panels; gradients of both are 0. */
function packHead({ problem, tiles, parts, pieces, call }: Maker, { args, at }: HeadPass): void {
  const { keys, width, valueWidth } = problem.shape;
  const { k, v } = problem.layouts;
  const ofKeys = { at: at(args.k, "k"), stride: k.token, rows: keys, elements: width };
  const ofValues = { at: at(args.v, "v"), stride: v.token, rows: keys, elements: valueWidth };
  parts.packTokens(tiles.keys, ofKeys, parts.pieces.keyPanels);
  parts.packElements(tiles.elements, ofKeys, pieces.keyElementPanels);
  parts.packTokens(tiles.keys, ofValues, pieces.valueKeyPanels);
  const { gradKeys, gradValues } = backwardPieces(problem.shape, tiles);
  call(clear)(gradKeys, pieces.gradKeys);
  call(clear)(gradValues, pieces.gradValues);
}

/** Queries and gradients of the output in panels and in rows; what each query needs of its row. */
function packGroup(
  { setting, problem, tiles, parts, pieces, call }: Maker,
  { args, head, at }: HeadPass,
  group: Group,
): void {
  const { heads, queries, width, valueWidth } = problem.shape;
  const { first, rows, panels } = group;
  const { q, o } = problem.layouts;
  const ofQueries = { at: at(args.q, "q", first), stride: q.token, rows, elements: width };
  const ofGrads = { at: at(args.gradO, "o", first), stride: o.token, rows, elements: valueWidth };
  parts.packTokens(tiles.queries, ofQueries, parts.pieces.queryPanels);
  parts.packTokens(tiles.queries, ofGrads, pieces.gradOutputPanels);
  const [queryRow, outputRow] = [rowLength(width, tiles), rowLength(valueWidth, tiles)];
  const padded = panels * tiles.queries;
  call(clear)(padded * queryRow, pieces.queryRows);
  call(clear)(padded * outputRow, pieces.gradOutputRows);
  call(scaleRows)(rows, width, 1, ofQueries.at, q.token, pieces.queryRows, queryRow);
  call(scaleRows)(rows, valueWidth, 1, ofGrads.at, o.token, pieces.gradOutputRows, outputRow);
  const lse = args.lse + ((head.b * heads + head.h) * queries + first) * setting.bytes;
  const output = at(args.o, "o", first);
  call(queryDots(tiles))(
    rows,
    padded,
    valueWidth,
    o.token,
    ofGrads.at,
    output,
    lse,
    pieces.dots,
    parts.pieces.lse,
  );
  call(clear)(padded * Math.ceil(width / tiles.elements) * tiles.elements, pieces.gradQueries);
}

/** The arguments of the block's program, for each block of keys that the group sees. */
function blocksOf(
  { setting, problem, tiles, parts, pieces }: Maker,
  { args, head }: HeadPass,
  group: Group,
): number[][] {
  const { keys, width, valueWidth } = problem.shape;
  const [queryRow, outputRow] = [rowLength(width, tiles), rowLength(valueWidth, tiles)];
  const { bytes } = setting;
  const calls: number[][] = [];
  parts.eachBlock(group, (keyBlock) => {
    const { first } = keyBlock;
    calls.push([
      group.panels,
      ...parts.scoreArguments(head, group, keyBlock, args.mask),
      ...[valueWidth, Math.ceil(width / tiles.elements), keys * tiles.elements, queryRow, outputRow],
      ...[parts.pieces.queryPanels, pieces.gradOutputPanels, pieces.queryRows, pieces.gradOutputRows],
      ...[
        pieces.valueKeyPanels + first * valueWidth * bytes,
        pieces.keyElementPanels + first * tiles.elements * bytes,
      ],
      ...[parts.pieces.lse, pieces.dots, pieces.gradScores, pieces.gradQueries],
      ...[pieces.gradKeys + first * queryRow * bytes, pieces.gradValues + first * outputRow * bytes],
    ]);
  });
  return calls;
}

function writeQueryGradients(
  { problem, tiles, pieces, call }: Maker,
  { args, at }: HeadPass,
  group: Group,
): void {
  if (args.gradQ === undefined) return;
  const { width } = problem.shape;
  const padded = Math.ceil(width / tiles.elements) * tiles.elements;
  const to = at(args.gradQ, "q", group.first);
  call(turnGroup(tiles))(
    group.rows,
    width,
    padded,
    problem.scale,
    pieces.gradQueries,
    to,
    problem.layouts.q.token,
  );
}

function writeKeyGradients({ problem, tiles, pieces, call }: Maker, { args, at }: HeadPass): void {
  const { keys, width, valueWidth } = problem.shape;
  const { k, v } = problem.layouts;
  const { gradK, gradV } = args;
  if (gradK !== undefined)
    call(scaleRows)(
      keys,
      width,
      problem.scale,
      pieces.gradKeys,
      rowLength(width, tiles),
      at(gradK, "k"),
      k.token,
    );
  if (gradV !== undefined)
    call(scaleRows)(
      keys,
      valueWidth,
      1,
      pieces.gradValues,
      rowLength(valueWidth, tiles),
      at(gradV, "v"),
      v.token,
    );
}
