/**
 * The forward pass: for each head, keys and values are packed once; for each group of queries, blocks of keys go by.
 * What a block does is in programs/forward.ts.
 */
import type { Setting } from "../nn/operation.ts";
import type { AttentionForward } from "./attention.ts";
import { type Parts, partsOf } from "./parts.ts";
import { type EmptyQuery, finishGroup } from "./programs/finish.ts";
import { forwardBlock, startGroup } from "./programs/forward.ts";
import type { AttentionProblem, TokenStrides } from "./shape.ts";
import type { AttentionTiles } from "./tiles.ts";

export interface Forward {
  run(args: AttentionForward): void;
  readonly parts: Parts;
}

export function createForward(
  setting: Setting,
  problem: AttentionProblem,
  tiles: AttentionTiles,
  empty: EmptyQuery,
): Forward {
  const { shape, layouts } = problem;
  const { queries, keys, heads, width, valueWidth } = shape;
  const { bytes } = setting;
  const parts = partsOf(setting, problem, tiles);
  const { pieces } = parts;
  const [block, start] = [setting.kernel(forwardBlock(tiles, parts.kind)), setting.kernel(startGroup(tiles))];
  const finish = setting.kernel(finishGroup(tiles, empty));
  const valueTiles = Math.ceil(valueWidth / tiles.values);
  const padded = valueTiles * tiles.values;
  const run = ({ q, k, v, mask, o, lse }: AttentionForward): void =>
    parts.eachHead((head) => {
      const at = (address: number, strides: TokenStrides, token = 0) =>
        parts.token(address, strides, head, token);
      const ofKeys = { at: at(k, layouts.k), stride: layouts.k.token, rows: keys, elements: width };
      parts.packTokens(tiles.keys, ofKeys, pieces.keyPanels);
      const ofValues = { at: at(v, layouts.v), stride: layouts.v.token, rows: keys, elements: valueWidth };
      parts.packElements(tiles.values, ofValues, pieces.valuePanels);
      parts.eachGroup((group) => {
        const { first, rows, panels } = group;
        const stride = layouts.q.token;
        parts.packTokens(
          tiles.queries,
          { at: at(q, layouts.q, first), stride, rows, elements: width },
          pieces.queryPanels,
        );
        const { most, total, output } = pieces;
        start(panels, padded, most, total, output);
        parts.eachBlock(group, (keyBlock) =>
          block(
            ...[panels, valueTiles, keys * tiles.values],
            ...parts.scoreArguments(head, group, keyBlock, mask),
            ...[pieces.queryPanels, pieces.valuePanels + keyBlock.first * tiles.values * bytes],
            ...[most, total, pieces.factor, output],
          ),
        );
        const saved =
          lse === undefined ? pieces.lse : lse + ((head.b * heads + head.h) * queries + first) * bytes;
        finish(
          rows,
          valueWidth,
          padded,
          most,
          total,
          output,
          at(o, layouts.o, first),
          layouts.o.token,
          saved,
        );
      });
    });
  return { run, parts };
}
