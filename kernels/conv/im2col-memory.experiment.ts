/**
 * How many values the unfolded matrix holds for each value of the input: counted by unfolding on the target, not by the
 * formula that it is held against.
 */
import type { Evidence, ExperimentRow, Judgement, Settings } from "../experiment.ts";
import { allHold, bestTarget, equals, type Finding, figure, tried } from "../judge.ts";
import { fastestTarget, on } from "../targets.ts";

export const memoryWorkload = "square kernels on square images, stride 1, no padding";
export const unfoldedKernels = [1, 3, 5, 7] as const;
export const unfoldedSides = [8, 32, 128, 256] as const;

/** The variant of a kernel on an image. */
export const unfoldedVariant = (kernel: number, side: number): string => `${kernel}x${kernel}-on-${side}`;

/** kh * kw * outH * outW / (H * W). */
export const unfoldedFormula = (kernel: number, side: number): number =>
  (kernel ** 2 * (side - kernel + 1) ** 2) / side ** 2;

/** How near to kh * kw the largest image must come. */
const near = 0.05;

export const im2colMemory: ExperimentRow = {
  id: "im2col-memory",
  title: { en: "What im2col holds", zh: "im2col占用的内存" },
  question: "How much larger is the unfolded matrix than the image, by kernel and by image?",
  topics: ["im2col", "conv"],
  claims: [
    {
      claim: "im2col-multiplies-input-memory",
      rule:
        `Values that unfolding writes, counted for kernels of ${unfoldedKernels.join(", ")} on images of ${unfoldedSides.join(", ")} pixels a side: confirmed if their ratio to the ` +
        "input's values is kh*kw*outH*outW/(H*W) exactly, never falls as the image grows and on the largest image is within 5 % of kh*kw; refuted if any of these fails.",
      judge,
    },
  ],
  charts: [{ kind: "bars", title: "Unfolded values per input value", metric: "unfolded-ratio" }],
  plan: (settings: Settings) => {
    const target = fastestTarget(settings);
    const variants = unfoldedKernels.flatMap((kernel) =>
      unfoldedSides.map((side) => unfoldedVariant(kernel, side)),
    );
    return target ? [{ workload: memoryWorkload, variants: on(target, variants), seconds: 2 }] : [];
  },
};

function judge(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  const ratio = (kernel: number, side: number) => ({
    workload: memoryWorkload,
    variant: unfoldedVariant(kernel, side),
    ...{ target, metric: "unfolded-ratio" },
  });
  return allHold(
    unfoldedKernels.flatMap((kernel) => [
      ...unfoldedSides.map((side) =>
        tried(evidence, ratio(kernel, side), (m) => equals(m, unfoldedFormula(kernel, side))),
      ),
      approaches(evidence, kernel, ratio),
    ]),
  );
}

function approaches(
  evidence: Evidence,
  kernel: number,
  query: (kernel: number, side: number) => Parameters<typeof tried>[1],
): Finding {
  const ratios = unfoldedSides.map((side) => evidence.find(query(kernel, side))?.value);
  const absent = unfoldedSides.find((_side, i) => ratios[i] === undefined);
  if (absent !== undefined) return tried(evidence, query(kernel, absent), () => ({ holds: null, text: "" }));
  const values = ratios as number[];
  const rises = values.every((value, i) => i === 0 || value >= (values[i - 1] as number));
  const gap = 1 - (values.at(-1) as number) / kernel ** 2;
  return {
    holds: rises && gap >= 0 && gap <= near,
    text: `${kernel}x${kernel} ends ${figure(100 * gap)} % below ${kernel ** 2}`,
  };
}
