import { describe, expect, it } from "vitest";
import { evidenceOf } from "../evidence.ts";
import type { Settings } from "../experiment.ts";
import { experimentById } from "../registry.ts";
import { isPeer } from "../variant.ts";
import { overPeers, ownVariants, withPeers } from "./peer-plan.ts";
import { raceProducts } from "./race.ts";

const settings: Settings = { profile: "quick", seed: 1, targets: ["wasm"] };
const ours = { variant: "packed-blocked", target: "wasm" } as const;
const peer = (variant: string) => ({ variant, target: "peer" }) as const;

describe("a plan", () => {
  const cells = [
    { workload: "8x8x8", variants: [ours], seconds: 1 },
    { workload: "levels", variants: [ours], seconds: 1 },
  ];
  const plan = withPeers(() => cells);

  it("is as it was where no peer is asked for", () => {
    expect(plan(settings)).toBe(cells);
    expect(plan({ ...settings, peers: [] })).toBe(cells);
  });

  it("holds the peers that the settings name in each timed product, last, and nowhere else", () => {
    const [product, other] = plan({ ...settings, peers: ["a", "b"] });
    expect(product?.variants).toEqual([ours, peer("a"), peer("b")]);
    expect(product?.seconds).toBeGreaterThan(1);
    expect(other).toBe(cells[1]);
  });

  it.each(["gemm-ladder", "gemm-tiling"])("of %s has a place for them", (id) => {
    const planned = experimentById(id)?.plan({ ...settings, peers: ["a"] }) ?? [];
    expect(planned.filter(({ variants }) => variants.some(isPeer)).length).toBeGreaterThan(1);
  });
});

it("our last variant is compared with each peer, and no peer is ours", () => {
  const refs = [{ ...ours, variant: "naive-ijk" }, ours, peer("a"), peer("b")];
  expect(ownVariants(refs)).toEqual(refs.slice(0, 2));
  expect(overPeers(refs)).toEqual([
    [ours, peer("a")],
    [ours, peer("b")],
  ]);
  expect(overPeers([peer("a")])).toEqual([]);
});

it("no verdict can see a peer", () => {
  const made = { ...{ experiment: "x", workload: "8x8x8", threads: 1, metric: "time", unit: "s" }, n: 9 };
  const timed = { ...made, kind: "timed", value: 1, low: 1, high: 1, correct: true } as const;
  const evidence = evidenceOf(
    [
      { ...timed, ...peer("a") },
      { ...timed, ...ours },
    ],
    "quick",
  );
  expect(evidence.measurements).toHaveLength(1);
  expect(evidence.find({ target: "peer" })).toBeUndefined();
  expect(evidence.all({ metric: "time" })).toMatchObject([ours]);
});

const shape = { m: 33, n: 17, k: 29 };
const brief = { leastRounds: 6, mostRounds: 6, ceiling: false };

it("a peer that is not here fails alone, with what to do", async () => {
  const race = await raceProducts(shape, [ours, peer("no-such-library")], brief);
  expect(race.failures).toMatchObject([{ ...peer("no-such-library"), reason: "error" }]);
  expect(race.find(ours, "throughput")?.correct).toBe(true);
});
