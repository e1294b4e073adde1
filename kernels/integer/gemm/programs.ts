/**
 * The vector programs of the integer GEMM: packing rows of bytes into words, what turns packed bytes into what the dot
 * product wants, the corrections by column, and the macro-kernel.
 *
 * A packed panel holds, for each step, one word of each of its `width` rows (of A) or columns (of B). With `bytes` a word
 * is four neighbours along k, with `pairs` two neighbours as 16 bits each.
 */
import {
  add,
  advance,
  and,
  at,
  constant,
  type DotParts,
  greater,
  greaterOrEqual,
  less,
  load,
  min,
  mul,
  type Name,
  notEqual,
  or,
  type PointerName,
  shiftLeft,
  shiftRight,
  splat,
  sub,
  type Tail,
  type Value,
  xor,
} from "../../codegen/expressions.ts";
import { dotBytes, dotPairs, dotSevenBits } from "../../codegen/packed-integers.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import { kUnroll, microKernel } from "../../gemm/programs/micro-kernel.ts";
import type { IntegerTile } from "./tiles.ts";

const dots = { bytes: dotBytes, sevenBits: dotSevenBits, pairs: dotPairs } as const;

const i32 = (lanes: number) => ({ element: "i32", lanes }) as const;

/**
 * Parameters `(length, groups, k, source, stride, packed)`: `length` rows of `k` bytes, `stride` bytes from one to the
 * next, to panels of words of four, byte by byte; what is missing in the last group and the last panel is 0. For rows
 * that do not begin at a multiple of four bytes, or do not end at one.
 */
export function packBytesProgram(width: number): Program {
  return program(`pack-bytes-${width}`, (b) => {
    const [length, groups, k] = [b.integer("length"), b.integer("groups"), b.integer("k")];
    const source = b.pointer("source", "u8");
    const stride = b.integer("stride");
    const packed = b.pointer("packed", "i32");
    b.loop("first", 0, length, { step: width }, (first) => {
      const panel = b.let("panel", advance(packed, mul(first, groups)));
      b.loop("r", 0, width, {}, (r) => {
        const row = b.let("row", advance(source, mul(min(add(first, r), sub(length, 1)), stride)));
        const there = b.let("there", sub(length, add(first, r)));
        b.loop("g", 0, groups, {}, (g) => {
          const word = b.variable("word", constant(0));
          for (let part = 0; part < 4; part++)
            b.if(less(add(shiftLeft(g, 2), part), k), () => {
              const byte = load(at(row, shiftLeft(g, 2), part));
              b.set(word, or(word, shiftLeft(byte, 8 * part)));
            });
          b.if(less(there, 1), () => b.set(word, 0));
          b.store(at(panel, add(mul(g, width), r)), word);
        });
      });
    });
  });
}

/**
 * Parameters `(columns, k, groups, source, stride, packed)`: k rows of bytes, to panels of `width` columns. The same
 * words as packing by rows makes; here the neighbours along k lie `stride` bytes apart, and whole vectors of columns are
 * put together at once.
 */
export function packDownProgram({ nr, lanes }: Pick<IntegerTile, "nr" | "lanes">): Program {
  return program(`pack-down-${nr}`, (b) => {
    const [columns, k, groups] = [b.integer("columns"), b.integer("k"), b.integer("groups")];
    const source = b.pointer("source", "u8");
    const stride = b.integer("stride");
    const packed = b.pointer("packed", "i32");
    b.loop("j", 0, columns, { step: nr }, (j) => {
      const panel = b.let("panel", advance(packed, mul(j, groups)));
      const tails = Array.from({ length: nr / lanes }, (_, v) =>
        b.tail("tail", sub(sub(columns, j), v * lanes), i32(lanes)),
      );
      b.loop("g", 0, groups, {}, (g) => {
        const row = b.let("row", advance(source, add(mul(shiftLeft(g, 2), stride), j)));
        for (const [v, tail] of tails.entries()) {
          const words = b.variable("words", constant(0, i32(lanes)));
          for (let part = 0; part < 4; part++)
            b.if(less(add(shiftLeft(g, 2), part), k), () => {
              const bytes = load(at(row, mul(stride, part), v * lanes), lanes, tail);
              b.set(words, or(words, shiftLeft(bytes, 8 * part)));
            });
          b.store(at(panel, mul(g, nr), v * lanes), words);
        }
      });
    });
  });
}

/** Parts of a step, [first, lanes]: by the widest vectors of at most 16 lanes that fit, the rest one by one. */
function chunks(width: number, widest: number): [number, number][] {
  const parts: [number, number][] = [];
  for (let from = 0; from < width; ) {
    const lanes = [16, 8, 4].find((each) => each <= widest && from + each <= width) ?? 1;
    parts.push([from, lanes]);
    from += lanes;
  }
  return parts;
}

/**
 * Parameters `(steps, source, target)`: `steps` words of each of `width` rows. Words of four bytes become two of two
 * neighbours, each widened by its sign or, where `unsigned`, by zeros: one step becomes two.
 */
export function widenProgram(width: number, widest: number, unsigned: boolean): Program {
  return program(`widen-${width}-${unsigned ? "u8" : "i8"}`, (b) => {
    const steps = b.integer("steps");
    const [source, target] = [b.pointer("source", "i32"), b.pointer("target", "i32")];
    const from = b.variable("from", source);
    const to = b.variable("to", target);
    const part = (word: Name, left: number): Value =>
      unsigned
        ? and(left === 24 ? word : shiftRight(word, 24 - left), 0xff)
        : shiftRight(shiftLeft(word, left), 24);
    b.loop("step", 0, steps, {}, () => {
      for (const [first, lanes] of chunks(width, widest)) {
        const word = b.let("word", load(at(from, 0, first), lanes));
        for (const pair of [0, 1]) {
          const [low, high] = [part(word, 24 - 16 * pair), part(word, 16 - 16 * pair)];
          b.store(at(to, 0, pair * width + first), or(and(low, 0xffff), shiftLeft(high, 16)));
        }
      }
      b.set(from, advance(from, width));
      b.set(to, advance(to, 2 * width));
    });
  });
}

/** Parameters `(words, packed)`: turns the highest bit of each byte, which adds 128 to signed bytes as unsigned ones. */
export function biasProgram(lanes: number): Program {
  return program("bias-bytes", (b) => {
    const words = b.integer("words");
    const packed = b.pointer("packed", "i32");
    const turn = (i: Value, count: number, tail?: Tail): void => {
      const bits = constant(0x80808080 | 0, i32(count));
      b.store(at(packed, i), xor(load(at(packed, i), count, tail), bits), tail);
    };
    const whole = b.let("whole", and(words, -lanes));
    b.loop("i", 0, whole, { step: lanes }, (i) => turn(i, lanes));
    const tail = b.tail("tail", sub(words, whole), i32(lanes));
    turn(whole, lanes, tail);
  });
}

/** A word whose parts are all 1, which adds up the parts of another. */
const ones: Readonly<Record<DotParts, number>> = {
  bytes: 0x01010101,
  sevenBits: 0x01010101,
  pairs: 0x00010001,
};

/**
 * Parameters `(columns, depth, factor, packed, terms)`: terms[j] += factor * (sum of column j over the packed steps).
 * `terms` has room for whole panels.
 */
export function columnTermsProgram({ nr, lanes, parts }: IntegerTile): Program {
  return program(`column-terms-${nr}`, (b) => {
    const [columns, depth, factor] = [b.integer("columns"), b.integer("depth"), b.integer("factor")];
    const packed = b.pointer("packed", "i32");
    const terms = b.pointer("terms", "i32");
    const one = b.let("one", constant(ones[parts], i32(lanes)));
    b.loop("j", 0, columns, { step: nr }, (j) => {
      const panel = b.variable("panel", advance(packed, mul(j, depth)));
      const sums = Array.from({ length: nr / lanes }, () => b.variable("sum", constant(0, i32(lanes))));
      b.loop("p", 0, depth, {}, () => {
        for (const [v, sum] of sums.entries())
          b.set(sum, dots[parts](one, load(at(panel, 0, v * lanes), lanes), sum));
        b.set(panel, advance(panel, nr));
      });
      for (const [v, sum] of sums.entries()) {
        const term = load(at(terms, j, v * lanes), lanes);
        b.store(at(terms, j, v * lanes), add(term, mul(sum, splat(factor, lanes))));
      }
    });
  });
}

/**
 * Parameters `(mc, nc, kc, first, a, b, terms, c, ldc)`: an mc x nc block of C of i32 becomes packed A * packed B, added
 * to `terms` of its columns where `first` is not 0, and to what C was otherwise.
 */
export function integerMacroProgram(tile: IntegerTile): Program {
  const { mr, nr, parts } = tile;
  return program(tile.id, (b) => {
    const [mc, nc, kc] = [b.integer("mc"), b.integer("nc"), b.integer("kc")];
    const isFirst = b.integer("first");
    const [a, packedB] = [b.pointer("a", "i32"), b.pointer("b", "i32")];
    const terms = b.pointer("terms", "i32");
    const c = b.pointer("c", "i32");
    const ldc = b.integer("ldc");
    b.loop("jr", 0, nc, { step: nr }, (jr) => {
      const panelB = b.let("panelB", advance(packedB, mul(jr, kc)));
      b.loop("ir", 0, mc, { step: mr }, (ir) => {
        const walkingA = b.variable("ap", advance(a, mul(ir, kc)));
        const walkingB = b.variable("bp", panelB);
        const sums = microKernel(b, tile, walkingA, walkingB, kc, {
          ...{ unroll: kUnroll, ahead: 0 },
          multiply: (factor, row, sum) => dots[parts](factor, row, sum),
        });
        const to = {
          c: b.let("cTile", advance(c, add(mul(ir, ldc), jr))),
          terms: b.let("termsTile", advance(terms, jr)),
          rows: b.let("rowsLeft", sub(mc, ir)),
          columns: b.let("columnsLeft", sub(nc, jr)),
          ...{ ldc, isFirst },
        };
        b.if(
          greaterOrEqual(min(sub(to.rows, mr), sub(to.columns, nr)), 0),
          () => writeTile(b, tile, sums, to, false),
          () => writeTile(b, tile, sums, to, true),
        );
      });
    });
  });
}

interface Destination {
  readonly c: PointerName<"i32">;
  readonly terms: PointerName<"i32">;
  readonly rows: Name;
  readonly columns: Name;
  readonly ldc: Name;
  readonly isFirst: Name;
}

/** Adds what is there already and stores; at the border only the rows and lanes that C has. */
function writeTile(
  b: ProgramBuilder,
  { lanes }: IntegerTile,
  sums: readonly (readonly Name[])[],
  to: Destination,
  border: boolean,
): void {
  const tails = border
    ? (sums[0] ?? []).map((_, v) => b.tail("tail", sub(to.columns, v * lanes), i32(lanes)))
    : [];
  const rowC = b.variable("rowC", to.c);
  const everyRow = (write: (row: readonly Name[]) => void): void => {
    for (const [r, row] of sums.entries()) {
      const step = (): void => {
        write(row);
        if (r + 1 < sums.length) b.set(rowC, advance(rowC, to.ldc));
      };
      if (border) b.if(greater(to.rows, r), step);
      else step();
    }
  };
  const place = (v: number) => at(rowC, 0, v * lanes);
  b.if(
    notEqual(to.isFirst, 0),
    () =>
      everyRow((row) => {
        for (const [v, sum] of row.entries())
          b.store(place(v), add(sum, load(at(to.terms, 0, v * lanes), lanes)), tails[v]);
      }),
    () =>
      everyRow((row) => {
        for (const [v, sum] of row.entries())
          b.store(place(v), add(sum, load(place(v), lanes, tails[v])), tails[v]);
      }),
  );
}
