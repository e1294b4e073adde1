/**
 * What the reading list claims against what the registry tests. Here, because no lower floor sees both.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Connection } from "../catalog/database/open.ts";
import { claims } from "../catalog/library.ts";
import { claimIds, topicIds } from "../catalog/matching.ts";
import { openCatalog } from "../catalog/open-catalog.ts";
import { experiments } from "../kernels/registry.ts";

let folder: string;
let db: Connection;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-coverage-"));
  db = await openCatalog({ path: join(folder, "kdaccel.db") });
});
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const rulesOf = (claim: string): string[] =>
  experiments.flatMap((each) => each.claims.filter((test) => test.claim === claim).map(({ rule }) => rule));

it("every experiment tests claims and belongs to topics that the catalog has", () => {
  const [knownClaims, knownTopics] = [claimIds(db), topicIds(db)];
  for (const { id, claims: tested, topics } of experiments) {
    expect([id, tested.map(({ claim }) => claim).filter((claim) => !knownClaims.includes(claim))]).toEqual([
      id,
      [],
    ]);
    expect([id, topics.filter((topic) => !knownTopics.includes(topic))]).toEqual([id, []]);
  }
});

// Claims of articles whose subject is convolution or a compiler, which hang on GEMM as well.
const elsewhere = [
  "channels-sum-to-one-map",
  "im2col-gemm-beats-direct-loops",
  "pack-after-im2col-speeds-conv",
  "scheduling-gives-200x",
  "search-beats-default-schedule",
];

it.each(["gemm", "tiling", "packing", "gemv", "fma"])("every claim on %s has a rule", (topic) => {
  const untested = claims(db, { topic }).filter(({ id }) => rulesOf(id).length === 0);
  expect(untested.map(({ id }) => id).filter((id) => !elsewhere.includes(id))).toEqual([]);
});

it("every rule can refute, and says what does", () => {
  const silent = experiments.flatMap((each) =>
    each.claims.filter(({ rule }) => !/refuted/i.test(rule)).map(({ claim }) => claim),
  );
  expect(silent).toEqual([]);
});
