/**
 * Packing: a block is copied once into the order in which the micro-kernel will read it many times, so that every
 * access there is to the next address. A panel is as wide as the tile (MR rows of A, NR columns of B) and holds one
 * step of k after the other; a short last panel is filled up with zeros, so that the micro-kernel knows no edge (Goto &
 * van de Geijn 2008, section 4.2).
 *
 * To packing, A and B differ only in what is the panel's width, and a transposed matrix is one whose steps lie the other
 * way. So there are three programs: `along` where a panel's steps are contiguous in memory (row-major B, transposed A),
 * `across` where each of its rows is (row-major A, transposed B), `strided` for everything else.
 */
import {
  type Address,
  add,
  advance,
  and,
  at,
  bytesOf,
  constant,
  type Element,
  interleave,
  lessOrEqual,
  load,
  min,
  mul,
  type Name,
  type PointerName,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import { type Multiples, multiplesOf, walkingRows } from "./rows.ts";

export interface Panel {
  /** Rows of A or columns of B in one panel: mr or nr. */
  readonly width: number;
  readonly element: Element;
  /** Lanes of the widest vector to copy with. */
  readonly lanes: number;
}

interface Parameters {
  /** Rows of A or columns of B in the whole block. */
  readonly length: Name;
  readonly depth: Name;
  readonly source: PointerName;
  readonly strides: readonly Name[];
  readonly packed: PointerName;
}

/**
 * Parameters `(length, depth, source, stride, packed)`: a block of `depth` steps, each `length` contiguous elements,
 * `stride` elements from one to the next. `packed` has room for ceil(length / width) * width * depth elements.
 */
export function packAlongProgram({ width, element, lanes }: Panel): Program {
  return program(`pack-along-${width}-${element}`, (b) => {
    const p = parameters(b, element, ["stride"]);
    const [stride] = p.strides as [Name];
    b.loop("at", 0, p.length, { step: width }, (first) => {
      const panel = b.variable("panel", advance(p.packed, mul(first, p.depth)));
      const row = b.variable("row", advance(p.source, first));
      const next = (): void => {
        b.set(panel, advance(panel, width));
        b.set(row, advance(row, stride));
      };
      b.if(
        lessOrEqual(add(first, width), p.length),
        () =>
          b.loop("step", 0, p.depth, {}, () => {
            for (const [from, chunk] of chunks(width, lanes, element))
              b.store(at(panel, 0, from), load(at(row, 0, from), chunk));
            next();
          }),
        () => {
          const rest = b.let("rest", min(sub(p.length, first), width));
          b.loop("step", 0, p.depth, {}, () => {
            copyRest(b, panel, rest, width, (j) => at(row, j));
            next();
          });
        },
      );
    });
  });
}

/**
 * Parameters `(length, depth, source, stride, packed)`: a block of `length` rows, each `depth` contiguous elements,
 * `stride` elements from one to the next; they are transposed on the way, square by square. `packed` as above.
 */
export function packAcrossProgram({ width, element, lanes }: Panel): Program {
  return program(`pack-across-${width}-${element}`, (b) => {
    const p = parameters(b, element, ["stride"]);
    const [stride] = p.strides as [Name];
    const multiples = multiplesOf(b, "stride", stride);
    b.loop("at", 0, p.length, { step: width }, (first) => {
      const panel = b.let("panel", advance(p.packed, mul(first, p.depth)));
      const rows = b.let("rows", advance(p.source, mul(first, stride)));
      b.if(
        lessOrEqual(add(first, width), p.length),
        () => {
          for (const [from, chunk] of groups(width, lanes, element))
            packRows(b, { from, chunk, width, multiples, panel, rows, depth: p.depth, element });
        },
        () => {
          const rest = b.let("rest", sub(p.length, first));
          const place = b.variable("place", panel);
          b.loop("step", 0, p.depth, {}, (step) => {
            copyRest(b, place, rest, width, (j) => at(rows, add(mul(j, stride), step)));
            b.set(place, advance(place, width));
          });
        },
      );
    });
  });
}

/**
 * Parameters `(length, depth, source, widthStride, depthStride, packed)`: any strides, one element at a time. `packed`
 * as above.
 */
export function packStridedProgram({ width, element }: Panel): Program {
  return program(`pack-strided-${width}-${element}`, (b) => {
    const p = parameters(b, element, ["widthStride", "depthStride"]);
    const [widthStride, depthStride] = p.strides as [Name, Name];
    b.loop("at", 0, p.length, { step: width }, (first) => {
      const panel = b.variable("panel", advance(p.packed, mul(first, p.depth)));
      const row = b.variable("row", advance(p.source, mul(first, widthStride)));
      const rest = b.let("rest", min(sub(p.length, first), width));
      b.loop("step", 0, p.depth, {}, () => {
        copyRest(b, panel, rest, width, (j) => at(row, mul(j, widthStride)));
        b.set(panel, advance(panel, width));
        b.set(row, advance(row, depthStride));
      });
    });
  });
}

function parameters(b: ProgramBuilder, element: Element, strides: readonly string[]): Parameters {
  return {
    length: b.integer("length"),
    depth: b.integer("depth"),
    source: b.pointer("source", element),
    strides: strides.map((name) => b.integer(name)),
    packed: b.pointer("packed", element),
  };
}

/** The next narrower vector, which has at least 128 bits, or one element. */
function narrower(lanes: number, element: Element): number {
  return lanes * bytesOf[element] > 16 ? lanes / 2 : 1;
}

/** Parts of a row of `width` elements, [first, length]: by the widest vectors that fit, the rest one by one. */
function chunks(width: number, lanes: number, element: Element): [number, number][] {
  const parts: [number, number][] = [];
  let chunk = lanes;
  for (let from = 0; from < width; from += chunk) {
    while (chunk > 1 && from + chunk > width) chunk = narrower(chunk, element);
    parts.push([from, chunk]);
  }
  return parts;
}

/** Rows are transposed in squares of at most this side: its vectors and their successors fit 16 registers. */
const largestSquare = 8;

/** Groups of rows, [first, rows]: as many as a vector has lanes, and what is left of them together. */
function groups(width: number, lanes: number, element: Element): [number, number][] {
  const parts = chunks(width, Math.min(lanes, largestSquare), element);
  const squares = parts.filter(([, rows]) => rows > 1);
  const singles = parts.length - squares.length;
  return singles > 0 ? [...squares, [width - singles, singles]] : squares;
}

interface Group {
  readonly from: number;
  /** Rows; more than 1 and a vector's lanes, or few enough to be copied one by one. */
  readonly chunk: number;
  readonly width: number;
  readonly multiples: Multiples;
  readonly panel: PointerName;
  readonly rows: PointerName;
  readonly depth: Name;
  readonly element: Element;
}

/** All steps of a group of rows. */
function packRows(b: ProgramBuilder, group: Group): void {
  const { from, chunk, width, multiples, depth, element } = group;
  const first = advance(group.rows, mul(multiples[0], from));
  const rows = walkingRows(b, first, multiples, chunk);
  const panel = b.variable("place", advance(group.panel, from));
  const walk = (steps: number): void => {
    rows.walk(steps);
    b.set(panel, advance(panel, steps * width));
  };
  const square = chunk * bytesOf[element] >= 16 && chunk >= 2;
  if (square)
    b.loop("step", 0, b.let("squares", and(depth, -chunk)), { step: chunk }, () => {
      const loaded = Array.from({ length: chunk }, (_, r) => b.let("v", load(rows.place(r), chunk)));
      for (const [step, vector] of transpose(b, loaded).entries())
        b.store(at(panel, 0, step * width), vector);
      walk(chunk);
    });
  b.loop("step", 0, square ? b.let("steps", and(depth, chunk - 1)) : depth, {}, () => {
    for (let r = 0; r < chunk; r++) b.store(at(panel, 0, r), load(rows.place(r)));
    walk(1);
  });
}

/** Rows to columns by log2(lanes) rounds of interleaving a vector with the one half the square away. */
export function transpose(b: ProgramBuilder, rows: readonly Name[]): readonly Name[] {
  const half = rows.length / 2;
  let vectors = rows;
  for (let round = 1; round < rows.length; round *= 2) {
    const pairs = vectors.slice(0, half).map((low, i) => [low, vectors[i + half] as Name] as const);
    vectors = pairs.flatMap(([left, right]) => [
      b.let("low", interleave("low", left, right)),
      b.let("high", interleave("high", left, right)),
    ]);
  }
  return vectors;
}

/** One step of a short panel: what there is, then zeros up to the width. */
function copyRest(
  b: ProgramBuilder,
  panel: PointerName,
  rest: Name,
  width: number,
  from: (j: Value) => Address,
): void {
  b.loop("j", 0, rest, {}, (j) => b.store(at(panel, j), load(from(j))));
  const zero = constant(0, { element: panel.element, lanes: 1 });
  b.loop("fill", rest, constant(width), {}, (i) => b.store(at(panel, i), zero));
}
