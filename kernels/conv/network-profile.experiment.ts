/**
 * Where the time of a convolutional network goes: every layer of a scaled-down AlexNet timed apart. Convolutions and
 * fully connected layers run as GEMMs (unfolding included in the convolution's time).
 */
import type { Cell, Evidence, ExperimentRow, Judgement, Measurement, Settings } from "../experiment.ts";
import { allHold, bestTarget, figure, missing } from "../judge.ts";
import { fastestTarget, on } from "../targets.ts";
import { gemmLayer, networkLayers } from "./network.ts";

export const workload = "scaled-down AlexNet, one image of 3x131x131";

/** Least share of the forward time that the claim asks for. */
const leastShare = 0.8;

export const networkProfile: ExperimentRow = {
  id: "network-profile",
  title: { en: "Where a network's time goes", zh: "网络的时间花在哪里" },
  question: "Which share of a convolutional network's forward time do its GEMM layers take?",
  topics: ["gemm", "conv"],
  claims: [
    {
      claim: "gemm-layers-take-most-time",
      rule:
        "Layers of a scaled-down AlexNet timed apart on the fastest target of the run (native before wasm before js): confirmed if convolutions and fully connected layers take at " +
        "least 80 % of the sum even when their times are taken at the low ends of the 95 % intervals and all others " +
        "at the high ends; refuted if less than 80 % the other way round. At this scale, batch 1.",
      judge,
    },
  ],
  charts: [{ kind: "bars", title: "Time by layer", metric: "time" }],
  plan,
};

function plan(settings: Settings): readonly Cell[] {
  const target = fastestTarget(settings);
  if (!target) return [];
  return [
    {
      workload,
      variants: on(
        target,
        networkLayers.map((layer) => layer.name),
      ),
      seconds: 4,
    },
  ];
}

function judge(evidence: Evidence): Judgement {
  const target = bestTarget(evidence);
  const times = networkLayers.map(({ name }) =>
    evidence.find({ workload, variant: name, target, metric: "time" }),
  );
  const absent = networkLayers.find((_, i) => !times[i]);
  if (absent) {
    return allHold([missing(evidence, { workload, variant: absent.name, target, metric: "time" })]);
  }
  const measured = times as Measurement[];
  const share = (ours: "low" | "value" | "high", theirs: "low" | "value" | "high"): number => {
    const sum = (gemm: boolean, end: "low" | "value" | "high"): number =>
      measured.reduce((s, m, i) => s + (gemmLayer(networkLayers[i]) === gemm ? m[end] : 0), 0);
    return sum(true, ours) / (sum(true, ours) + sum(false, theirs));
  };
  const [low, value, high] = [share("low", "high"), share("value", "value"), share("high", "low")];
  const text = `conv and fc layers take ${figure(100 * value)} % [${figure(100 * low)}, ${figure(100 * high)}] of the forward time (${target}), asked ${100 * leastShare} %`;
  const holds = low >= leastShare ? true : high < leastShare ? false : null;
  return allHold([
    { holds, text: holds === null ? `${text}; more rounds (--profile full) narrow it` : text },
  ]);
}
