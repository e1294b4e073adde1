import { InvalidArgumentError } from "commander";
import { describe, expect, it, test } from "vitest";
import { UsageError } from "./exit.ts";
import { chosenThreads, threadsTyped } from "./threads.ts";

describe("the threads of a run", () => {
  test.each([
    ["quick takes one", { profile: "quick" }, 8, 1],
    ["standard takes all cores", { profile: "standard" }, 8, 8],
    ["full takes all cores", { profile: "full" }, 8, 8],
    ["one core is one thread", { profile: "standard" }, 1, 1],
    ["what is asked for is taken", { profile: "quick", threads: 2 }, 2, 2],
    ["one is taken where more would be the default", { profile: "full", threads: 1 }, 8, 1],
    ["more than cores if forced", { profile: "quick", threads: 5, oversubscribe: true }, 2, 5],
  ] as const)("%s", (_, wish, cores, threads) => {
    expect(chosenThreads(wish, cores)).toBe(threads);
  });

  it("are refused beyond the cores, with what to do", () => {
    const refused = () => chosenThreads({ profile: "quick", threads: 3 }, 2);
    expect(refused).toThrow(UsageError);
    expect(refused).toThrow(/--threads 3 is more than the 2 cores/);
  });

  test.each(["0", "-1", "1.5", "two", "", "257", "1e1"])("%j is no number of threads", (value) => {
    expect(() => threadsTyped(value)).toThrow(InvalidArgumentError);
  });
});
