import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import type { ChartHint, Measurement } from "../../kernels/experiment.ts";
import { formatPercent } from "../numbers.ts";
import { exact, fixtureExperiments, storedRun, timed } from "../stored-run.fixture.ts";
import { drawingsFor } from "./chart.ts";
import type { Drawing } from "./drawing.ts";
import { renderSvg } from "./render.ts";

const all = storedRun.measurements;
const draw = (hint: ChartHint, measurements: readonly Measurement[] = all): readonly Drawing[] =>
  drawingsFor(hint, { measurements, all: measurements });

const place = { experiment: "race", workload: "64x64x64", variant: "one", target: "wasm" } as const;
const ladderHint: ChartHint = { kind: "ladder", title: "The ladder", metric: "throughput" };
const barsHint: ChartHint = { kind: "bars", title: "Misses", metric: "cache-misses" };
const sweepHint: ChartHint = {
  kind: "sweep",
  title: "Time by block",
  metric: "time",
  x: { from: "variant", title: "block" },
};

/** Every text that the image shows; throws where it is not well-formed XML. */
function textsIn(svg: string): string[] {
  const texts: string[] = [];
  const parser = new SaxesParser({ xmlns: true });
  let inText = false;
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name }) => {
    if (name === "text") texts.push("");
    inText ||= name === "text";
  });
  parser.on("text", (text) => {
    if (inText) texts[texts.length - 1] += text;
  });
  parser.on("closetag", ({ name }) => {
    if (name === "text") inText = false;
  });
  parser.write(svg).close();
  return texts;
}

const shown = async ({ spec }: Drawing): Promise<string[]> => textsIn(await renderSvg(spec));
const first = (drawings: readonly Drawing[]): Drawing => {
  const [drawing] = drawings;
  if (!drawing) throw new Error("expected a drawing; found none");
  return drawing;
};

describe("every chart", () => {
  const hints = fixtureExperiments.flatMap(({ id, charts }) => charts.map((hint) => ({ id, hint })));

  it.each(hints)(
    "of kind $hint.kind is well-formed, fits a forge and names all it shows",
    async ({ id, hint }) => {
      const measurements = all.filter((m) => m.experiment === id);
      const drawings = drawingsFor(hint, { measurements, all });
      expect(drawings.length).toBeGreaterThan(0);
      for (const drawing of drawings) {
        const svg = await renderSvg(drawing.spec);
        const texts = textsIn(svg);
        expect(texts).toContain(hint.title);
        expect(Number(/width="(\d+)"/.exec(svg)?.[1])).toBeLessThanOrEqual(900);
        expect(drawing.alt).toContain(hint.title);
        expect(drawing.sentence).toMatch(/\d.*\.$/);
        expect(svg).not.toMatch(/NaN|undefined|Infinity| id="/);
      }
    },
  );

  it("is the same bytes when drawn again, also after others", async () => {
    const { spec } = first(draw(ladderHint));
    const before = await renderSvg(spec);
    await renderSvg(first(draw(sweepHint, sweepMeasurements())).spec);
    expect(await renderSvg(spec)).toBe(before);
  });

  it("shows markup in a name as text", async () => {
    const evil = `</text><script>alert("1")</script>&amp;]]>`;
    const texts = await shown(first(draw(barsHint, [exact({ ...place, variant: evil }, "cache-misses", 3)])));
    expect(texts).toContain(evil);
  });

  it("leaves out wrong results and what is no number", () => {
    const good = exact(place, "cache-misses", 3);
    const wrong = { ...exact({ ...place, variant: "wrong" }, "cache-misses", 1), correct: false };
    const odd = exact({ ...place, variant: "odd" }, "cache-misses", Number.NaN);
    const { alt } = first(draw(barsHint, [good, wrong, odd]));
    expect(alt).toBe("Misses. one 3.");
  });

  it.each(["ladder", "sweep", "roofline", "bars", "waterfall", "forecast"] as const)(
    "of kind %s is not drawn from nothing",
    (kind) => {
      expect(draw({ ...sweepHint, kind }, [])).toEqual([]);
    },
  );
});

describe("the ladder", () => {
  it("ends with our best, and names the libraries of others beside it", () => {
    const peer = timed({ ...place, target: "peer", variant: "other-blas" }, "throughput", "GFLOP/s", 190);
    const own = timed(place, "throughput", "GFLOP/s", 50);
    const { sentence } = first(draw(ladderHint, [own, peer]));
    expect(sentence).toMatch(/^At 64x64x64 the ladder reaches one \(wasm\) with /);
    expect(sentence).toMatch(/; beside it other-blas 190 GFLOP\/s\.$/);
  });

  it("has the measured peak as the top of its axis", async () => {
    const drawing = first(draw(ladderHint));
    const texts = await shown(drawing);
    expect(texts).toContain("56.5 · 100 %");
    expect(texts).toContain("measured peak (peak-fma): 56.5 GFLOP/s");
    for (const label of ["naive-ijk (js)", "naive-ijk (wasm)", "packed-blocked (wasm)", "36.8", "65.1 %"]) {
      expect(texts).toContain(label);
    }
    expect(JSON.stringify(drawing.spec)).toContain('"domain":[0,56.5]');
  });

  it("says best and first in the words of a measurement", () => {
    expect(first(draw(ladderHint)).sentence).toBe(
      "At 256x256x256 the ladder goes from naive-ijk (js) with median 67.1 ms, 0.500 GFLOP/s, 0.885 % of peak to " +
        "packed-blocked (wasm) with median 912 µs, 36.8 GFLOP/s, 65.1 % of peak; the measured peak is 56.5 GFLOP/s.",
    );
  });

  it("is drawn without a peak, and says so", async () => {
    const drawing = first(draw(ladderHint, [timed(place, "throughput", "GFLOP/s", 3)]));
    expect(await shown(drawing)).toContain("3.00");
    expect(drawing.sentence).toContain("no peak was measured");
  });

  it("does not cut a variant that is above the measured peak", () => {
    const peak = timed({ ...place, variant: "peak-fma" }, "throughput", "GFLOP/s", 10);
    const { spec, sentence } = first(draw(ladderHint, [timed(place, "throughput", "GFLOP/s", 12), peak]));
    const [, top] = /"domain":\[0,([\d.]+)\]/.exec(JSON.stringify(spec)) ?? [];
    expect(Number(top)).toBeGreaterThan(1.05 * 12);
    expect(sentence).toContain("A rate above the peak means");
  });

  it("puts no figure on the line of the peak, nor the peak's name on a figure", async () => {
    const peak = timed({ ...place, variant: "peak-fma" }, "throughput", "GFLOP/s", 10);
    for (const shares of [[9], [9.9], [3, 9], [9, 3, 3, 3, 3, 3, 3], [9, 3, 3, 3, 3, 3, 9], [12, 1]]) {
      const variants = shares.map((value, at) =>
        timed({ ...place, variant: `step-${at}` }, "throughput", "GFLOP/s", value),
      );
      const svg = await renderSvg(first(draw(ladderHint, [...variants, peak])).spec);
      const at = (text: string): { x: number; y: number } => {
        const [, x, y] = new RegExp(`translate\\(([-\\d.]+),([-\\d.]+)\\)"[^>]*>${text}<`).exec(svg) ?? [];
        return { x: Number(x), y: Number(y) };
      };
      const name = at("measured peak \\(peak-fma\\): 10.0 GFLOP/s");
      // The name stands five pixels above the line, or higher; a tick is on it.
      const line = at("10.0 · 100 %").y - 4;
      for (const value of shares) {
        const share = at(formatPercent(value / 10));
        expect(share.y < line || share.y - 10 > line, `${value} of 10`).toBe(true);
        const beside = Math.abs(share.x - name.x) > 160 || Math.abs(share.y - name.y) > 11;
        expect(beside || share.y > line, `the name beside ${value}`).toBe(true);
      }
    }
  });

  it("has a line for the peak of one thread and one for that of all", async () => {
    const rate = (variant: string, threads: number, value: number) => ({
      ...timed({ ...place, variant }, "throughput", "GFLOP/s", value),
      threads,
    });
    const drawing = first(
      draw(ladderHint, [
        rate("packed-blocked", 1, 8),
        rate("packed-blocked-2t", 2, 15),
        rate("peak-fma", 1, 10),
        rate("peak-fma-2t", 2, 19),
      ]),
    );
    const texts = await shown(drawing);
    expect(texts).toContain("measured peak (peak-fma): 10.0 GFLOP/s");
    expect(texts).toContain("measured peak (peak-fma-2t): 19.0 GFLOP/s");
    expect(texts.filter((text) => / · \d+ %$/.test(text))).toEqual([]);
    expect(JSON.stringify(drawing.spec)).toContain('"domain":[0,19]');
  });

  it("lies down where there are too many variants for columns", async () => {
    const many = Array.from({ length: 50 }, (_, at) =>
      timed({ ...place, variant: `variant-${at}` }, "throughput", "GFLOP/s", at + 1),
    );
    const drawings = draw(ladderHint, many);
    const texts = (await Promise.all(drawings.map(shown))).flat();
    for (const { variant } of many) expect(texts).toContain(variant);
  });
});

/** Blocks 4 to 64 with the best in the middle. */
function sweepMeasurements(): Measurement[] {
  return [
    [4, 0.02],
    [64, 0.008],
    [16, 0.005],
  ].map(([block, seconds]) =>
    timed({ ...place, variant: `blocked-${block}-simd` }, "time", "s", seconds ?? 0),
  );
}

describe("the sweep", () => {
  it("orders its points by number and finds the best one", async () => {
    const drawing = first(draw(sweepHint, sweepMeasurements()));
    expect(drawing.sentence).toBe(
      "64x64x64: the best block is 16 with 5.00 ms (20.0 ms at 4 and 8.00 ms at 64).",
    );
    const [small, large] = sweepMeasurements();
    expect(first(draw(sweepHint, [small, large] as Measurement[])).sentence).toBe(
      "64x64x64: the best block is 64, the largest tried, with 8.00 ms (20.0 ms at 4).",
    );
    const texts = await shown(drawing);
    for (const text of ["4", "16", "64", "block", "time, ms", "20.0", "5.00"]) expect(texts).toContain(text);
  });

  it("names each of several lines at its end", async () => {
    const sizes = ["64x64x64", "128x128x128"];
    const lines = ["naive", "blocked"].flatMap((variant) =>
      sizes.map((workload, at) => timed({ ...place, workload, variant }, "time", "s", 10 ** (at - 3))),
    );
    const texts = await shown(first(draw({ ...sweepHint, x: { from: "workload", title: "side" } }, lines)));
    for (const text of ["naive", "blocked", "64", "128", "side"]) expect(texts).toContain(text);
  });

  it("is not drawn from a single point", () => {
    expect(draw(sweepHint, sweepMeasurements().slice(0, 1))).toEqual([]);
  });
});

describe("the roofline", () => {
  it("has no place for libraries of others", () => {
    const roofline: ChartHint = { ...ladderHint, kind: "roofline" };
    const ceilings = all.filter((m) => m.variant.startsWith("peak-"));
    const peer = timed({ ...place, target: "peer", variant: "other-blas" }, "throughput", "GFLOP/s", 190);
    expect(draw(roofline, [...ceilings, peer])).toEqual([]);
  });

  const hint: ChartHint = { kind: "roofline", title: "Under the roofline", metric: "throughput" };

  it("shows both measured ceilings and what limits each variant", async () => {
    const drawing = first(draw(hint));
    const texts = await shown(drawing);
    expect(texts).toContain("peak 56.5 GFLOP/s");
    expect(texts).toContain("stream 21.3 GB/s");
    expect(drawing.sentence).toContain("meet at 2.65 FLOP/B");
    expect(drawing.sentence).toContain("packed-blocked (wasm) reaches 65.1 % of what the peak allows");
  });

  it("takes the intensity from the measured rates where there are both", () => {
    const gemv = { ...place, workload: "a matrix", variant: "gemv" };
    const rates = [timed(gemv, "throughput", "GFLOP/s", 8), timed(gemv, "bandwidth", "GB/s", 16)];
    const [drawing] = draw(hint, [...rates, ...all.filter((m) => m.variant.startsWith("peak-"))]);
    expect(drawing?.alt).toContain("0.500 FLOP/B");
    expect(drawing?.sentence).toContain("gemv reaches 75.1 % of what bandwidth allows");
  });

  it("says the same share of peak as the table, which is paired round by round", () => {
    const share = timed(place, "peak-fraction", "1", 0.87);
    const measured = [timed(place, "throughput", "GFLOP/s", 40), share];
    const ceilings = all.filter((m) => m.variant.startsWith("peak-"));
    expect(draw(hint, [...measured, ...ceilings])[0]?.sentence).toContain(
      "one reaches 87.0 % of what the peak allows",
    );
  });

  it("names a point above the roof above it, and leaves the peak's name room", async () => {
    const ceilings = all.filter((m) => m.variant.startsWith("peak-"));
    const svg = await renderSvg(
      first(draw(hint, [timed(place, "throughput", "GFLOP/s", 70), ...ceilings])).spec,
    );
    const placeOf = (text: string): number[] =>
      (new RegExp(`translate\\(([-\\d.]+),([-\\d.]+)\\)"[^>]*>${text}<`).exec(svg) ?? [])
        .slice(1)
        .map(Number);
    const [nameX = 0, nameY = 0] = placeOf("one 70");
    const [peakX = 0, peakY = 0] = placeOf("peak 56.5 GFLOP/s");
    expect(nameY).toBeLessThanOrEqual(peakY);
    expect(nameX - peakX).toBeGreaterThan(140);
  });

  it("is not drawn without a measured bandwidth", () => {
    expect(
      draw(
        hint,
        all.filter((m) => m.metric !== "bandwidth"),
      ),
    ).toEqual([]);
  });
});

describe("the roofline of several bandwidths", () => {
  const levels = [
    timed({ ...place, variant: "peak-stream" }, "bandwidth", "GB/s", 20),
    timed({ ...place, variant: "peak-stream-l1" }, "bandwidth", "GB/s", 160),
    timed({ ...place, variant: "peak-stream-l2" }, "bandwidth", "GB/s", 80),
  ];
  const measured = [
    timed(place, "throughput", "GFLOP/s", 10),
    exact(place, "simulated-intensity", 0.25),
    timed({ ...place, variant: "peak-fma" }, "throughput", "GFLOP/s", 40),
    ...levels,
  ];
  const hint = { kind: "roofline", title: "Roofs", metric: "throughput" } as const;

  it("draws a slope for each level and names memory as one of them", async () => {
    const texts = await shown(first(draw({ ...hint, traffic: "compulsory" }, measured)));
    for (const text of ["L1 160 GB/s", "L2 80.0 GB/s", "memory 20.0 GB/s"]) expect(texts).toContain(text);
    expect(texts).toContain("64x64x64; bytes at the least: each operand once");
  });

  it("bounds what misses the first level by the second, and says which bytes it counts", async () => {
    const drawing = first(draw({ ...hint, traffic: "simulated" }, measured));
    expect(drawing.sentence).toContain("one reaches 50.0 % of what bandwidth allows");
    expect(drawing.sentence).toContain("80.0 GB/s from L2 (beside it L1 160 GB/s, memory 20.0 GB/s)");
    expect((await shown(drawing)).join()).toContain(
      "bytes that a simulated 32 KiB, 8-way, 64 B lines cache moves",
    );
  });

  it("bounds compulsory traffic by memory, whatever was simulated", () => {
    // 64 cubed: 2 * 64^3 operations on 3 * 64^2 * 4 bytes are 10.7 FLOP/B, beyond the ridge of 2.
    const drawing = first(draw({ ...hint, traffic: "compulsory" }, measured));
    expect(drawing.alt).toContain("10.7 FLOP/B");
    expect(drawing.sentence).toContain("one reaches 25.0 % of what the peak allows");
  });

  it("leaves out what was not simulated", () => {
    const other = timed({ ...place, variant: "two" }, "throughput", "GFLOP/s", 10);
    expect(first(draw({ ...hint, traffic: "simulated" }, [...measured, other])).alt).not.toContain("two");
  });
});

describe("the waterfall", () => {
  const step = (variant: string, title: string) => ({ variant, target: "wasm", title }) as const;
  const hint: ChartHint = {
    kind: "waterfall",
    title: "The fall",
    metric: "throughput",
    steps: [step("a", "plain"), step("b", "order"), step("c", "vectors"), step("d", "nothing")],
  };
  const over = (variant: string, against: string, value: number, spread: number): Measurement => ({
    ...timed({ ...place, variant }, "speed-up", "x", value),
    ...{ low: value / spread, high: value * spread, against: { variant: against, target: "wasm" } },
  });
  const rate = (variant: string, value: number): Measurement =>
    timed({ ...place, variant }, "throughput", "GFLOP/s", value);
  const measured = [
    ...[rate("a", 1), rate("b", 2), rate("c", 8), rate("d", 8), rate("peak-fma", 20)],
    ...[
      over("b", "a", 2, 1.1),
      over("c", "b", 4, 1.1),
      over("d", "c", 1.001, 1.005),
      over("d", "a", 8.2, 1.1),
    ],
  ];
  const bars = (drawing: Drawing): { label: string; from: number; to: number }[] =>
    (drawing.spec as unknown as { layer: { data: { values: never[] } }[] }).layer[0]?.data.values ?? [];

  it("stacks each factor on the one before, and the whole on the start", () => {
    const drawing = first(draw(hint, measured));
    expect(bars(drawing).map(({ label, from, to }) => [label, from, Number(to.toFixed(3))])).toEqual([
      ["plain", 0, 1],
      ["order", 1, 2],
      ["vectors", 2, 8],
      ["nothing", 8, 8.008],
      ["all together", 1, 8.2],
    ]);
  });

  it("says which steps are no difference, in the picture and in words", async () => {
    const drawing = first(draw(hint, measured));
    const texts = await shown(drawing);
    for (const text of ["×4.00", "same", "×8.20", "measured peak (peak-fma): 20.0 GFLOP/s"]) {
      expect(texts).toContain(text);
    }
    expect(drawing.alt).toContain("nothing 1.00x [1.00, 1.01] same within 1 %");
    expect(drawing.sentence).toBe(
      "From plain to the end the speed grows 8.20x at 64x64x64, to 41 % of the measured peak; the largest steps are " +
        "vectors (4.00x) and order (2.00x); nothing: the same within noise.",
    );
  });

  it("closes over a step that was not measured", () => {
    const without = [...measured.filter((m) => m.variant !== "b"), over("c", "a", 8, 1.1)];
    expect(bars(first(draw(hint, without))).map(({ label }) => label)).toEqual([
      ...["plain", "vectors", "nothing", "all together"],
    ]);
  });

  it("needs a step to be drawn", () => {
    expect(draw(hint, [rate("a", 1)])).toEqual([]);
  });
});

describe("the forecast", () => {
  const share = (variant: string, predicted: number, measured: number): Measurement[] => [
    exact({ ...place, variant }, "predicted-peak-fraction", predicted),
    timed({ ...place, variant }, "peak-fraction", "1", measured),
  ];
  const hint: ChartHint = { kind: "forecast", title: "Foretold", metric: "peak-fraction" };
  const measured = [...share("a", 0.2, 0.21), ...share("b", 0.5, 0.8), ...share("c", 0.9, 0.85)];

  it("shows prediction and measurement of each variant, and which missed", async () => {
    const drawing = first(draw(hint, measured));
    const texts = await shown(drawing);
    for (const text of ["20.0 % → 21.0 %", "50.0 % → 80.0 %, missed"]) expect(texts).toContain(text);
    expect(drawing.alt).toContain("b predicted 50.0 %, measured 80.0 % [76.0, 84.0]");
    expect(drawing.sentence).toContain("for 2 of 3; missed: b (50.0 % predicted, 80.0 % measured)");
  });

  it("is not drawn where too little was predicted", () => {
    expect(draw(hint, measured.slice(0, 4))).toEqual([]);
  });
});

describe("bars", () => {
  it("gives each workload its group, each bar its figure", async () => {
    const two = ["a", "b"].flatMap((workload) => [
      exact({ ...place, workload, variant: "one" }, "cache-misses", 1_234_567),
      exact({ ...place, workload, variant: "two" }, "cache-misses", 0),
    ]);
    const texts = await shown(first(draw(barsHint, two)));
    for (const text of ["a", "b", "1,234,567", "0"]) expect(texts).toContain(text);
    expect(texts.filter((text) => text === "one")).toHaveLength(2);
  });

  it("draws zeros alone as zeros", async () => {
    expect(await shown(first(draw(barsHint, [exact(place, "cache-misses", 0)])))).toContain("0");
  });

  it("goes to further charts rather than off the screen", () => {
    const many = Array.from({ length: 30 }, (_, at) => ({ ...place, workload: `layer ${at}` })).flatMap(
      (layer) => ["one", "two"].map((variant) => exact({ ...layer, variant }, "cache-misses", 5)),
    );
    expect(draw(barsHint, many).map(({ part }) => part)).toEqual(["1", "2"]);
  });
});

describe("a search", () => {
  const trials = [0.9, 1.2, 1.1, 1.3].flatMap((value, at) => {
    const variant = { ...place, variant: `tuned-${at}` };
    return [
      timed(variant, "speed-up", "x", value),
      exact(variant, "expected-speed-up", value * (at === 3 ? 2 : 1)),
    ];
  });
  const hint: ChartHint = { kind: "search", title: "Best so far", metric: "speed-up", variants: "tuned-" };

  it("is a staircase that never falls, and says when the best was found", () => {
    const drawing = first(draw(hint, trials));
    expect(drawing.sentence).toBe("64x64x64: the best of 4 trials is tuned-3 with 1.30x, found as number 4.");
    expect(JSON.stringify(drawing.spec)).toContain('"trial":3,"value":1.1,"best":1.2');
  });

  it("sets what was expected against what was measured, on one scale", async () => {
    const drawing = first(draw({ ...hint, kind: "scatter", against: "expected-speed-up" }, trials));
    expect(drawing.sentence).toContain("3 of 4 lie within 10 % of the diagonal");
    expect(await shown(drawing)).toContain("speed-up that the cost model expects");
  });

  it("leaves out points of which nothing was expected", () => {
    const measured = trials.filter((m) => m.metric === "speed-up");
    expect(draw({ ...hint, kind: "scatter", against: "expected-speed-up" }, measured)).toEqual([]);
  });
});
