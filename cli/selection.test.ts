import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Connection } from "../catalog/database/open.ts";
import { openCatalog } from "../catalog/open-catalog.ts";
import type { Experiment } from "../kernels/experiment.ts";
import { UsageError } from "./exit.ts";
import { chosenExperiments, type Wish } from "./selection.ts";

function experiment(id: string, topics: readonly string[], claims: readonly string[]): Experiment {
  return {
    id,
    title: { en: id, zh: id },
    question: "?",
    topics,
    claims: claims.map((claim) => ({
      claim,
      rule: "?",
      judge: () => ({ verdict: "inconclusive", evidence: "?" }),
    })),
    charts: [],
    plan: () => [],
    load: () => Promise.reject(new Error("not loaded to be listed")),
  };
}

const blocking = experiment("blocking", ["tiling"], ["blocking-pays-beyond-cache"]);
const packing = experiment("packing", ["packing"], ["packing-is-the-big-step"]);
const products = experiment("products", ["gemm"], []);
const all = [blocking, packing, products];

let folder: string;
let db: Connection;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-selection-"));
  db = await openCatalog({ path: join(folder, "kdaccel.db") });
});
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const chosen = (wish: Wish): string[] => chosenExperiments(db, all, wish).map(({ id }) => id);

describe("what is named is chosen", () => {
  it("a topic with everything below it", () => {
    expect(chosen({ topic: ["tiling"] })).toEqual(["blocking"]);
    expect(chosen({ topic: ["acceleration"] })).toEqual(["blocking", "packing", "products"]);
  });

  it("an article by the claims that it makes", () => {
    expect(chosen({ article: ["54"] })).toEqual(["blocking"]);
    expect(chosen({ article: ["#57"] })).toEqual(["packing"]);
  });

  it("a claim, an experiment, or everything", () => {
    expect(chosen({ claim: ["packing-is-the-big-step"] })).toEqual(["packing"]);
    expect(chosen({ experiment: ["products"] })).toEqual(["products"]);
    expect(chosen({ all: true })).toEqual(["blocking", "packing", "products"]);
  });

  it("several together, each experiment once, in the order of the registry", () => {
    const wish = { experiment: ["products"], claim: ["blocking-pays-beyond-cache"], topic: ["tiling"] };
    expect(chosen(wish)).toEqual(["blocking", "products"]);
  });
});

it.each<[Wish, string, RegExp]>([
  [{ topic: ["tilling"] }, 'no topic "tilling"', /Did you mean tiling\?/],
  [{ topic: ["qqqqqq"] }, 'no topic "qqqqqq"', /kdaccel topics/],
  [{ article: ["999"] }, 'no article "999"', /kdaccel articles/],
  [{ article: ["fifty"] }, 'no article "fifty"', /number/],
  [{ claim: ["packing-is-the-big-stop"] }, "no claim", /Did you mean packing-is-the-big-step/],
  [{ experiment: ["pakcing"] }, 'no experiment "pakcing"', /Did you mean packing\?/],
  [{}, "nothing was named", /--topic/],
])("refuses %j with advice", (wish, what, advice) => {
  const refused = (): unknown => chosen(wish);
  expect(refused).toThrow(UsageError);
  expect(refused).toThrow(what);
  expect(refused).toThrow(expect.objectContaining({ remedy: expect.stringMatching(advice) }));
});

it("says that no experiment tests a claim, an article or a topic yet", () => {
  expect(() => chosen({ claim: ["soft-targets-help"] })).toThrow();
  expect(() => chosen({ topic: ["pruning"] })).toThrow(expect.objectContaining({ exitCode: 5 }));
});
