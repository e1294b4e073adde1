/** The operator between product and softmax in the unfused chain: adds a mask to scores, hides what causality hides. */
import { add, advance, at, constant, less, max, mul, type PointerName } from "../../codegen/expressions.ts";
import { program } from "../../codegen/program.ts";
import type { NamedProgram } from "../../nn/operation.ts";
import { declare } from "../../nn/programs/parameters.ts";
import { read, stretchOf, sweep, write } from "../../nn/programs/sweep.ts";

/** `(queries, keys, queryStride, keyStride, scores, mask)`: a mask of any strides; rows of keys are vectors where they lie so. */
export const addMask = (contiguous: boolean): NamedProgram => ({
  name: `attention-add-mask${contiguous ? "" : "-strided"}`,
  write: (name, { element, lanes }) =>
    program(name, (b) => {
      const p = declare(b, element, {
        integers: ["queries", "keys", "queryStride", "keyStride"],
        pointers: ["scores", "mask"],
      });
      const stretch = stretchOf(b, p.keys, { element, lanes: contiguous ? lanes : 1 });
      b.loop("query", 0, p.queries, {}, (query) => {
        const row = b.let("row", advance(p.scores, mul(query, p.keys)));
        const added = b.let("added", advance(p.mask, mul(query, p.queryStride)));
        sweep(b, stretch, 4, (span) => {
          const index = contiguous ? span.index : mul(span.index, p.keyStride);
          write(b, row, span, add(read(row, span), read(added, { ...span, index })));
        });
      });
    }),
});

/** `(queries, keys, offset, scores)`: -∞ where key > query + offset. */
export const hideLaterKeys: NamedProgram = {
  name: "attention-hide-later",
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, { integers: ["queries", "keys", "offset"], pointers: ["scores"] });
      b.loop("query", 0, p.queries, {}, (query) => {
        const first = b.let("first", max(add(add(query, p.offset), 1), 0));
        b.if(less(first, p.keys), () => {
          const row: PointerName = b.let("row", advance(p.scores, add(mul(query, p.keys), first)));
          const hidden = b.let("hidden", add(p.keys, mul(first, -1)));
          sweep(b, stretchOf(b, hidden, type), 1, ({ index, tail }) =>
            b.store(at(row, index), constant(Number.NEGATIVE_INFINITY, type), tail),
          );
        });
      });
    }),
};
