/**
 * Twelve published layers by direct loops, by im2col with one GEMM, and the copy alone: does regular access outweigh
 * the bytes that unfolding costs?
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Settings, Target } from "../experiment.ts";
import { allHold, bestTarget, type Finding, figure, missing } from "../judge.ts";
import { fastestTarget, on } from "../targets.ts";
import { layers } from "./layers.ts";
import { convFlops } from "./shape.ts";

export const directVariant = "direct";
/** Direct loops that sum several neighbouring columns at once; only where the stride is 1 and the target has lanes. */
export const directWideVariant = "direct-simd";
export const gemmVariant = "im2col-gemm";
export const copyVariant = "im2col-copy";

/** Layers on which the claim's rule asks im2col-GEMM to win. */
const winsAsked = 9;

export const im2colTraffic: ExperimentRow = {
  id: "im2col-traffic",
  title: { en: "What im2col costs and what it buys", zh: "im2col的代价与收益" },
  question:
    "Over twelve layer shapes, does one big GEMM on unfolded patches beat direct loops although it copies?",
  topics: ["gemm", "conv", "im2col"],
  claims: [
    {
      claim: "regular-access-outweighs-copy",
      rule:
        "Over 12 layers, copy included, on the fastest target of the run (native before wasm before js): a layer is won if the 95 % interval of the paired speed-up of im2col-GEMM " +
        "over every direct variant (vectorised too) lies above 1, lost if over one it lies at or below 1. Confirmed " +
        `if at least ${winsAsked} are won and im2col moves more bytes on each of these; refuted if more than ` +
        `${layers.length - winsAsked} are lost, or it does not move more bytes.`,
      judge,
    },
  ],
  charts: [
    { kind: "bars", title: "Time by layer and method", metric: "time" },
    { kind: "bars", title: "Bytes moved by layer and method", metric: "bytes-moved" },
  ],
  plan,
};

function plan(settings: Settings): readonly Cell[] {
  const target = fastestTarget(settings);
  if (!target) return [];
  return layers.map((layer) => {
    const wide = target !== "js" && layer.stride.x === 1;
    const variants = [directVariant, ...(wide ? [directWideVariant] : []), gemmVariant, copyVariant];
    // Scalar direct loops take most of it: about 1.5 GFLOP/s with checks and warm-up, fifteen rounds.
    return {
      workload: layer.name,
      variants: on(target, variants),
      seconds: 1 + (15 * convFlops(layer)) / 1e9,
    };
  });
}

function judge(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  const outcomes = layers.map(({ name }) => outcomeOf(evidence, name, target));
  const count = (holds: boolean | null): number => outcomes.filter((o) => o.holds === holds).length;
  const won = count(true);
  const lost = count(false);
  const listed = outcomes.map(({ text }) => text).join(", ");
  const text = `im2col-GEMM (${target}) wins ${won}, loses ${lost}, open ${count(null)} of ${layers.length}: ${listed}`;
  const holds = won >= winsAsked ? true : lost > layers.length - winsAsked ? false : null;
  const winners = layers.filter((_, i) => outcomes[i]?.holds === true);
  return allHold([
    { holds, text: holds === null ? `${text}; run --profile standard for the open ones` : text },
    ...winners
      .map(({ name }) => movesMore(evidence, name, target))
      .filter(({ holds: more }) => more !== true),
  ]);
}

/** Won, lost or open on one layer, with the ratios. */
function outcomeOf(evidence: Evidence, workload: string, target: Target): Finding {
  const ratios = evidence.all({ workload, variant: gemmVariant, target, metric: "speed-up" });
  const overDirect = ratios.filter((m) => m.against?.variant.startsWith(directVariant));
  const text = `${workload} ${overDirect.map((m) => `${figure(m.value)}x`).join("/") || "not measured"}`;
  if (overDirect.some((m) => m.high <= 1)) return { holds: false, text };
  const won = overDirect.length > 0 && overDirect.every((m) => m.low > 1);
  return { holds: won ? true : null, text };
}

function movesMore(evidence: Evidence, workload: string, target: Target): Finding {
  const query = { workload, target, metric: "bytes-moved" } as const;
  const gemm = evidence.find({ ...query, variant: gemmVariant });
  const direct = evidence.find({ ...query, variant: directVariant });
  if (!gemm || !direct) return missing(evidence, { ...query, variant: gemmVariant });
  const text = `${workload}: im2col-GEMM moves ${gemm.value} B, direct ${direct.value} B`;
  return { holds: gemm.value > direct.value, text };
}
