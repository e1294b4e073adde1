/** Learning curves of made-up trainings. */
import { expect, it } from "vitest";
import { curveCharts, meanCurves } from "./curves.ts";
import { renderSvg } from "./render.ts";

const hint = { kind: "curves", title: "While training", metric: "test-error" } as const;
const training = (variant: string, seed: number, curve: readonly number[]) => ({
  ...{ experiment: "study", workload: "digits", variant, target: "wasm" as const, seed, seconds: 1 },
  ...{ figures: {}, curves: { "test-error": curve } },
});
const trainings = [
  training("plain", 1, [0.5, 0.3, 0.2]),
  training("plain", 2, [0.7, 0.5, 0.4]),
  training("kd", 1, [0.4, 0.2]),
];
const source = { measurements: [], all: [], trainings };

it("are means over seeds, after as many epochs as all seeds have", () => {
  const [plain, kd] = meanCurves(trainings, "test-error");
  expect(plain?.values.map((value) => Number(value.toFixed(6)))).toEqual([0.6, 0.4, 0.3]);
  expect(kd).toMatchObject({ variant: "kd", seeds: 1, values: [0.4, 0.2] });
});

it("are drawn with every variant, and told in words", async () => {
  const [drawing] = curveCharts(hint, source);
  expect(drawing?.sentence).toBe(
    "digits: after the last epoch, plain 30.0 %, kd 20.0 %; means over 2 seeds.",
  );
  const svg = await renderSvg((drawing as NonNullable<typeof drawing>).spec);
  expect(svg).toContain(">plain<");
  expect(svg).not.toMatch(/NaN|undefined/);
});

it("are not drawn where nothing was trained, or for one epoch", () => {
  expect(curveCharts(hint, { ...source, trainings: [] })).toEqual([]);
  expect(curveCharts(hint, { ...source, trainings: [training("plain", 1, [0.5])] })).toEqual([]);
});
