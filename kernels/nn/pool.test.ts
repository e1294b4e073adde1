/** Pooling against its definition: windows of every kind, ties, NaN, and what is refused. */
import { describe, expect, it } from "vitest";
import { Memory } from "../codegen/memory.ts";
import { integerIn, randomStream } from "../random.ts";
import { Guarded } from "./guarded.fixture.ts";
import { type Drawn, itIsALayer, machines } from "./layer.fixture.ts";
import { createAveragePool, createMaxPool } from "./pool.ts";
import { adaptiveWindows, type PoolWindows, slidingWindows, type Windowing } from "./pool-windows.ts";

type Kind = "max" | "average";

/** Windows that vectors run over: strides of one and two, even and odd widths, more than a vector of AVX-512. */
const regular: readonly (Windowing & { readonly width: number })[] = [
  { width: 40, kernel: { y: 2, x: 2 } },
  { width: 41, kernel: { y: 3, x: 3 }, stride: { y: 2, x: 2 }, padding: { y: 1, x: 1 } },
  { width: 23, kernel: { y: 2, x: 3 }, stride: { y: 1, x: 1 }, padding: { y: 1, x: 1 } },
  { width: 19, kernel: { y: 1, x: 5 }, stride: { y: 2, x: 2 }, padding: { y: 0, x: 2 }, ceil: true },
  { width: 17, kernel: { y: 2, x: 1 }, stride: { y: 1, x: 1 } },
];

for (const kind of ["max", "average"] as const)
  itIsALayer(`${kind} pool`, (random, index) => draw(kind, random, index), { differentiable: ["x"] });

function draw(kind: Kind, random: () => number, index: number): Drawn {
  const planes = integerIn(random, 1, 3);
  const { text, windows } = drawWindows(kind, random, index);
  const { height, width, rows, columns } = windows;
  const length = planes * rows.length * columns.length;
  return {
    text,
    inputs: { x: distinct(random, planes * height * width) },
    length,
    reference: ({ x }) => reference(kind, planes, windows, x as Float64Array).y,
    run(options, bench, at) {
      const operands = { x: at("x"), y: bench.room("y", length) };
      const gradients = { gradY: at("gradY"), gradX: bench.room("grad.x", planes * height * width) };
      if (kind === "max") {
        const layer = createMaxPool({ ...options, planes, windows });
        const places = bench.room("places", length);
        layer.forward(operands);
        layer.forward({ ...operands, places });
        layer.backward({ ...gradients, places });
      } else {
        const layer = createAveragePool({ ...options, planes, windows });
        layer.forward(operands);
        layer.backward(gradients);
      }
    },
  };
}

function drawWindows(
  kind: Kind,
  random: () => number,
  index: number,
): { text: string; windows: PoolWindows } {
  const fixed = regular[index];
  if (fixed) {
    const { width, ...windowing } = fixed;
    return { text: JSON.stringify(fixed), windows: slidingWindows({ height: 5, width }, windowing) };
  }
  const image = { height: integerIn(random, 4, 8), width: integerIn(random, 4, 12) };
  if (index % 3 === 0) {
    const output = { rows: integerIn(random, 1, 6), columns: index === 6 ? 1 : integerIn(random, 1, 6) };
    return { text: JSON.stringify({ ...image, ...output }), windows: adaptiveWindows(image, output) };
  }
  const kernel = { y: integerIn(random, 1, 3), x: integerIn(random, 1, 3) };
  const far = kind === "max" ? 2 : 1;
  const windowing = {
    kernel,
    stride: { y: integerIn(random, 1, 3), x: integerIn(random, 1, 3) },
    padding: { y: integerIn(random, 0, kernel.y >> 1), x: integerIn(random, 0, kernel.x >> 1) },
    dilation: { y: integerIn(random, 1, far), x: integerIn(random, 1, far) },
    ceil: index % 2 === 0,
    countPadding: index % 4 < 2,
    ...(index === 11 && kind === "average" ? { divisor: 3 } : {}),
  };
  return { text: JSON.stringify({ ...image, ...windowing }), windows: slidingWindows(image, windowing) };
}

/** Different numbers in random order, so far apart that no step of a difference makes another the largest. */
function distinct(random: () => number, length: number): Float64Array {
  const values = Float64Array.from({ length }, (_, i) => (i - length / 2) / 64);
  for (let i = length - 1; i > 0; i--) {
    const j = integerIn(random, 0, i);
    [values[i], values[j]] = [values[j] as number, values[i] as number];
  }
  return values;
}

function reference(kind: Kind, planes: number, windows: PoolWindows, x: Float64Array) {
  const { height, width, rows, columns, dilation } = windows;
  const y: number[] = [];
  const places: number[] = [];
  for (let n = 0; n < planes; n++)
    for (const row of rows)
      for (const column of columns) {
        let [sum, best, place] = [0, Number.NEGATIVE_INFINITY, row.start * width + column.start];
        for (let h = row.start; h < row.end; h += dilation.y)
          for (let w = column.start; w < column.end; w += dilation.x) {
            const value = x[(n * height + h) * width + w] as number;
            sum += value;
            if (value > best || Number.isNaN(value)) [best, place] = [value, h * width + w];
          }
        y.push(kind === "max" ? best : sum / (row.divisor * column.divisor));
        places.push(place);
      }
  return { y: Float64Array.from(y), places };
}

describe.each(machines)("maxima on $target $isa", (machine) => {
  it.each(["f32", "f64"] as const)("take the first of equals, and NaN before all, in %s", (element) => {
    const memory = new Memory(2 ** 20);
    const random = randomStream(77);
    for (const { width, ...windowing } of regular) {
      const bench = new Guarded(element, memory);
      const windows = slidingWindows({ height: 6, width }, windowing);
      const some = [0, -0, 1, 1, 2, 2, Number.NaN, Number.NEGATIVE_INFINITY];
      const x = Float64Array.from({ length: 12 * width }, () => some[integerIn(random, 0, 7)] as number);
      const length = 2 * windows.rows.length * windows.columns.length;
      const layer = createMaxPool({ ...machine, memory, element, planes: 2, windows });
      const at = { x: bench.put("x", x), y: bench.room("y", length), places: bench.room("places", length) };
      layer.forward(at);
      const expected = reference("max", 2, windows, x);
      // Which zero a maximum is, is not asked.
      expect([...bench.read("y")].map((value) => value + 0)).toEqual(
        [...expected.y].map((value) => value + 0),
      );
      expect([...bench.read("places")]).toEqual(expected.places);
      bench.expectUntouched();
    }
  });
});

describe("windows", () => {
  const image = { height: 7, width: 7 };
  const kernel = { y: 2, x: 2 };
  const starts = (windows: PoolWindows): number[] => windows.columns.map(({ start }) => start);

  it("end before the image does, or count what begins inside, rounding up", () => {
    expect(starts(slidingWindows(image, { kernel }))).toEqual([0, 2, 4]);
    expect(starts(slidingWindows(image, { kernel, ceil: true }))).toEqual([0, 2, 4, 6]);
    // A fourth would begin behind the padding.
    const sparse = { kernel, stride: { y: 4, x: 4 }, padding: { y: 1, x: 1 }, ceil: true };
    expect(slidingWindows(image, sparse).columns).toEqual([
      { start: 0, end: 1, divisor: 2 },
      { start: 3, end: 5, divisor: 2 },
    ]);
  });

  it("divide by what they cover, with or without padding", () => {
    const padded = { kernel: { y: 3, x: 3 }, stride: { y: 2, x: 2 }, padding: { y: 1, x: 1 } };
    const divisors = (countPadding: boolean): number[] =>
      slidingWindows(image, { ...padded, countPadding }).columns.map(({ divisor }) => divisor);
    expect(divisors(true)).toEqual([3, 3, 3, 3]);
    expect(divisors(false)).toEqual([2, 3, 3, 2]);
  });

  it("cover every element when they adapt, overlapping where sizes do not divide", () => {
    expect(adaptiveWindows(image, { rows: 1, columns: 3 }).columns).toEqual([
      { start: 0, end: 3, divisor: 3 },
      { start: 2, end: 5, divisor: 3 },
      { start: 4, end: 7, divisor: 3 },
    ]);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      "a kernel of nothing",
      () => slidingWindows(image, { kernel: { y: 0, x: 2 } }),
      /kernel\.y to be.*at least 1; found 0/,
    ],
    [
      "a negative padding",
      () => slidingWindows(image, { kernel, padding: { y: -1, x: 0 } }),
      /padding\.y to be.*found -1/,
    ],
    [
      "more padding than half a window",
      () => slidingWindows(image, { kernel, padding: { y: 0, x: 2 } }),
      /padding\.x of at most half/,
    ],
    [
      "an image smaller than a window",
      () => slidingWindows({ height: 1, width: 9 }, { kernel }),
      /at least 2 elements along y.*found 1/,
    ],
    ["a divisor of zero", () => slidingWindows(image, { kernel, divisor: 0 }), /other than 0; found 0/],
    ["no bins", () => adaptiveWindows(image, { rows: 0, columns: 1 }), /rows to be.*found 0/],
  ])("refuse %s", (_, make, message) => {
    expect(make).toThrow(message);
  });
});

describe("pooling", () => {
  const memory = new Memory(2 ** 16);
  const windows = slidingWindows(
    { height: 4, width: 4 },
    { kernel: { y: 2, x: 2 }, dilation: { y: 1, x: 2 } },
  );

  it("refuses averages of windows with gaps", () => {
    expect(() => createAveragePool({ target: "js", memory, planes: 1, windows })).toThrow(
      /windows without gaps/,
    );
  });

  it("refuses planes whose places a float32 cannot hold", () => {
    const large = adaptiveWindows({ height: 8192, width: 4096 }, { rows: 1, columns: 1 });
    expect(() => createMaxPool({ target: "js", memory, planes: 1, windows: large })).toThrow(
      /at most 16777216/,
    );
  });

  it("refuses operands that are not in memory", () => {
    const layer = createMaxPool({ target: "js", memory, planes: 1, windows });
    expect(() => layer.forward({ x: 64, y: memory.bytes })).toThrow(
      /max pool forward: expected y as an address/,
    );
  });
});
