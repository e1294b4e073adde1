/**
 * Experiments for the tests of host, ledger and program: one that is fine, and one for each thing that can go wrong.
 * They run on the same host, bench and ledger as the real ones; nothing of the shipped program imports them.
 */
import { existsSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import type { Bench, Candidate, Cell, ClaimTest, Experiment, Settings, VariantRef } from "../experiment.ts";
import { loadCode } from "../native/executable.ts";
import { addressOf } from "../native/foreign.ts";
import { storing } from "../native/machine-code.fixture.ts";
import { Team } from "../threads/team.ts";

const good: VariantRef = { variant: "good", target: "js" };
const twice: VariantRef = { variant: "twice", target: "js" };
const bad: VariantRef = { variant: "bad", target: "js" };
const native: VariantRef = { variant: "native", target: "native" };
const fatal: VariantRef = { variant: "fatal", target: "native" };

/** Confirmed where `good` was measured everywhere, refuted where it counted wrongly, else inconclusive. */
const countsAreRight: Pick<ClaimTest, "rule" | "judge"> = {
  rule: "Every count of good is 3: confirmed; one is not: refuted.",
  judge(evidence) {
    const counts = evidence.all({ variant: "good", metric: "loads" });
    if (counts.length === 0) return { verdict: "inconclusive", evidence: "nothing was counted" };
    const right = counts.every((count) => count.value === 3);
    return { verdict: right ? "confirmed" : "refuted", evidence: `${counts.length} counts` };
  },
};

interface Fixture {
  readonly cells: readonly Cell[];
  readonly claim?: string;
  readonly topic?: string;
  readonly plan?: Experiment["plan"];
  run(cell: Cell, bench: Bench): Promise<void>;
}

function fixture(id: string, { cells, claim, topic, plan, run }: Fixture): Experiment {
  return {
    id,
    title: { en: `Fixture ${id}`, zh: id },
    question: "Does the program keep its word?",
    topics: [topic ?? "gemm"],
    claims: claim ? [{ claim, ...countsAreRight }] : [],
    charts: [],
    plan: (settings) =>
      (plan?.(settings) ?? cells)
        .map((each) => allowed(each, settings))
        .filter((each) => each.variants.length > 0),
    load: async () => ({ run, code: async (ref) => (ref.variant === "good" ? "return 3;\n" : undefined) }),
  };
}

/** The cell without the native variants, where native kernels may not run; the others run whatever was chosen. */
function allowed(whole: Cell, { targets }: Settings): Cell {
  const may = ({ target }: VariantRef): boolean => target !== "native" || targets.includes("native");
  return whole.variants.every(may) ? whole : { ...whole, variants: whole.variants.filter(may) };
}

const cell = (workload: string, variants: readonly VariantRef[], silence?: number): Cell =>
  silence === undefined
    ? { workload, variants, seconds: 0.1 }
    : { workload, variants, seconds: 0.1, silence };

/** Counts to 3 by every variant that may run; `doing` happens when it is the turn of `bad`. */
function counting(doing: (bench: Bench) => void | Promise<void> = () => {}) {
  return async (_cell: Cell, bench: Bench): Promise<void> => {
    for (const ref of bench.variants) {
      bench.progress(`counting in process ${process.pid}`, undefined, undefined, ref);
      if (ref.variant === "bad") await doing(bench);
      bench.exact(ref, "loads", 3, true);
    }
  };
}

let sink = 0;
/** Some work that no compiler removes. */
function work(amount: number): void {
  for (let i = 0; i < amount; i++) sink = (sink + i * i) % 1009;
}

const timed = (ref: VariantRef, amount: number, first: () => void = () => {}): Candidate => ({
  ...ref,
  run: () => {
    first();
    work(amount);
  },
  check: () => (ref.variant === "bad" ? "element 0 is 4, expected 3" : null),
  flops: amount * 2,
});

/** Every timed fixture stops soon: these tests are about events, not about figures. */
const brief = { leastRounds: 3, mostRounds: 5, seconds: 0.05, precision: 1, ceiling: false };

/** Until the file that the environment names exists: lets a test act in the middle of a run. */
async function atTheGate(bench: Bench): Promise<void> {
  const gate = process.env.KDACCEL_FIXTURE_GATE;
  while (gate && !existsSync(gate)) {
    bench.progress("waiting at the gate");
    await wait(20);
  }
}

/** Machine code that ends or never does, each with what it does. */
const fatalCode = {
  "native-illegal": Uint8Array.of(0x0f, 0x0b), // ud2
  "native-null": Uint8Array.of(0x31, 0xc0, 0xc7, 0x00, 1, 0, 0, 0, 0xc3), // xor eax, eax; mov dword [rax], 1; ret
  "native-endless": Uint8Array.of(0xeb, 0xfe), // jmp to itself
} as const;

/** What machine code stored at the address that it was given. */
function stored(code: Uint8Array): number {
  const result = new Int32Array(1);
  const loaded = loadCode(code);
  loaded.entry()(addressOf(result));
  loaded.release();
  return result[0] ?? 0;
}

/** Counts to 3: in JavaScript, by sound machine code, and by the code of this name. */
const nativeFixtures = Object.entries(fatalCode).map(([id, code]) =>
  fixture(id, {
    cells: [cell("one", [good, fatal, native], id === "native-endless" ? 2 : undefined), cell("two", [good])],
    async run(_cell, bench) {
      for (const ref of bench.variants) {
        bench.progress(`counting by ${ref.variant}`, undefined, undefined, ref);
        const count = ref.target === "js" ? 3 : stored(ref.variant === "fatal" ? code : storing(3));
        bench.exact(ref, "loads", count, count === 3);
      }
    },
  }),
);

/** All of them, in the order in which `--all` runs them. */
export const fixtureExperiments: readonly Experiment[] = [
  fixture("fine", {
    cells: [cell("one", [good, twice]), cell("two", [good, twice])],
    claim: "blocking-pays-beyond-cache",
    topic: "tiling",
    async run(_cell, bench) {
      await counting()(_cell, bench);
      await bench.compare([timed(good, 20_000), timed(twice, 40_000)], brief);
    },
  }),
  fixture("gated", {
    cells: [cell("before", [good]), cell("gate", [good]), cell("after", [good])],
    claim: "tiling-avoids-rereading",
    async run(cell, bench) {
      if (cell.workload === "gate") await atTheGate(bench);
      await counting()(cell, bench);
    },
  }),
  fixture("beside", {
    cells: [],
    plan: ({ peers = [] }) => [
      cell("one", [good, ...peers.map((variant) => ({ variant, target: "peer" }) as const)]),
    ],
    async run(_cell, bench) {
      const candidates = bench.variants.map((ref): Candidate => {
        if (ref.target !== "peer") return timed(ref, 20_000);
        return { ...ref, run: async () => work(40_000), check: async () => null };
      });
      await bench.compare(candidates, brief);
    },
  }),
  fixture("crash", {
    cells: [cell("one", [good, bad, twice]), cell("two", [good])],
    claim: "three-loops-are-cache-unfriendly",
    run: counting(() => process.abort()),
  }),
  fixture("crash-late", {
    cells: [cell("one", [good, bad, twice])],
    async run(_cell, bench) {
      let warm = false;
      const last = timed(twice, 20_000, () => {
        warm = true;
      });
      const fatal = { ...timed(bad, 20_000, () => warm && process.abort()), check: () => null };
      const all = [timed(good, 20_000), fatal, last];
      const may = all.filter(({ variant }) => bench.variants.some((ref) => ref.variant === variant));
      await bench.compare(may, brief);
    },
  }),
  fixture("crash-alone", {
    cells: [cell("one", [good])],
    run: async () => process.abort(),
  }),
  fixture("hang", {
    // Longer than a loaded machine takes to start the child, which is silence too.
    cells: [cell("one", [good, bad], 5), cell("two", [good])],
    run: counting(() => {
      for (;;) work(1000);
    }),
  }),
  fixture("stuck", {
    cells: [cell("one", [good, bad], 600)],
    run: counting(() => {
      for (;;) work(1000);
    }),
  }),
  fixture("wrong", {
    cells: [cell("one", [good, bad])],
    run: async (_cell, bench) => void (await bench.compare([timed(good, 20_000), timed(bad, 20_000)], brief)),
  }),
  fixture("throws", {
    cells: [cell("one", [good]), cell("two", [good])],
    async run(cell, bench) {
      if (cell.workload === "one") throw new Error("\u001b[31mno memory for 3 matrices");
      await counting()(cell, bench);
    },
  }),
  fixture("nonsense", {
    cells: [cell("one", [good])],
    async run(_cell, bench) {
      bench.exact(good, "loads", Number.NaN);
    },
  }),
  fixture("native", {
    cells: [cell("one", [good, native])],
    async run(_cell, bench) {
      for (const ref of bench.variants) {
        bench.progress(`counting by ${ref.variant}`, undefined, undefined, ref);
        bench.exact(ref, "loads", ref.target === "js" ? 3 : stored(storing(3)), true);
      }
    },
  }),
  fixture("stuck-threads", {
    cells: [cell("one", [good, bad], 600)],
    run: counting(() => {
      const entry = new URL("../threads/team-worker.fixture.ts", import.meta.url);
      const loop = (): void => {
        for (;;) work(1000);
      };
      new Team(2, entry).prepare("loops", () => null, loop).run();
    }),
  }),
  ...nativeFixtures,
];

/** The fixture with this id. */
export function fixtureById(id: string): Experiment | undefined {
  return fixtureExperiments.find((experiment) => experiment.id === id);
}
