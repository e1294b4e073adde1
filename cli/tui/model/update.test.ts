/** The model on the real reading list in a real database, driven by keys as a person presses them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Connection } from "../../../catalog/database/open.ts";
import { openCatalog } from "../../../catalog/open-catalog.ts";
import { experiments } from "../../../kernels/registry.ts";
import { catalogSource } from "../catalog-source.ts";
import { plain } from "../line.ts";
import type { Source } from "../source.ts";
import { footerLine } from "../text/frame-lines.ts";
import { withLibrary } from "./library.ts";
import { contextOf, emptyState, type State } from "./state.ts";
import type { Effect } from "./step.ts";
import { update } from "./update.ts";
import { detailView, helpView, liveView } from "./views.ts";

const folder = mkdtempSync(join(tmpdir(), "kdaccel-tui-model-"));
let db: Connection;
let source: Source;

beforeAll(async () => {
  db = await openCatalog({ path: join(folder, "kdaccel.db") });
  source = catalogSource(db, experiments);
});

afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

const begin = (): State => withLibrary(emptyState({ columns: 120, rows: 40 }), source);

/** The state after keys, and the effects on the way. */
function press(state: State, ...keys: readonly string[]): { state: State; effects: Effect[] } {
  const effects: Effect[] = [];
  let now = state;
  for (const key of keys) {
    const text = key.length === 1 || /^\p{Script=Han}$/u.test(key) ? key : "";
    const step = update(now, { type: "press", press: { key: key === " " ? "space" : key, text } }, source);
    effects.push(...step.effects);
    now = step.state;
  }
  return { state: now, effects };
}

const detailText = (state: State): string => detailView(state).lines.map(plain).join("\n");

test("the whole list stands first, with every article and the first one's detail", () => {
  const { library } = begin();
  expect(library.topics[0]).toMatchObject({ id: null, articles: 68 });
  expect(library.topics).toHaveLength(58);
  expect(library.articles).toHaveLength(68);
  expect(library.detail?.number).toBe(1);
});

test("a search finds as one types, says how many, and is cleared by Esc", () => {
  const { state } = press(begin(), "down", "down", "/", "蒸", "馏");
  expect(contextOf(state)).toBe("search");
  expect(state.library.articles.length).toBeGreaterThan(20);
  expect(state.library.found).toBe(state.library.articles.length);
  expect(state.library.total).toBe(68);
  const cleared = press(state, "escape").state;
  expect(cleared.library.articles.length).toBe(begin().library.topics[2]?.articles);
  expect(cleared.library.topic.selected).toBe(2);
});

test("letters are text while one types a search, also q", () => {
  const { state, effects } = press(begin(), "/", "q", "r", "?");
  expect(state.library.query.text).toBe("qr?");
  expect(effects).toEqual([]);
});

test("matches stay after Enter; a chosen topic narrows them; Esc clears before it goes back", () => {
  const kept = press(begin(), "/", ..."gemm", "enter").state;
  expect(contextOf(kept)).toBe("articles");
  const all = kept.library.articles.length;
  const narrowed = press(kept, "shift-tab", ...Array(30).fill("down")).state;
  expect(narrowed.library.articles.length).toBeLessThan(all);
  const cleared = press(kept, "escape").state;
  expect(contextOf(cleared)).toBe("articles");
  expect(cleared.library.query.text).toBe("");
  expect(contextOf(press(cleared, "escape").state)).toBe("topics");
});

test("a query that finds nothing offers another", () => {
  const { state } = press(begin(), "/", ..."distilation");
  expect(state.library.articles).toEqual([]);
  expect(state.library.detail).toBeUndefined();
  expect(state.library.suggestion).toMatch(/distill/i);
});

test("Enter goes right, Esc goes back, and Esc never quits", () => {
  const detail = press(begin(), "enter", "enter");
  expect(contextOf(detail.state)).toBe("detail");
  const back = press(detail.state, ...Array(6).fill("escape"));
  expect(contextOf(back.state)).toBe("topics");
  expect(back.effects).toEqual([]);
});

test("an article shows its papers, claims and experiments", () => {
  const { state } = press(begin(), "/", "#", "5", "4", "enter", "enter");
  const text = detailText(state);
  expect(text).toContain("Papers");
  expect(text).toContain("blocking-pays-beyond-cache");
  expect(text).toContain("not tested");
  expect(text).toContain("gemm-tiling");
});

test("a topic shows its claims, those of the list's own prose among them", () => {
  const packing = begin().library.topics.findIndex(({ id }) => id === "gemm");
  const { state } = press(begin(), ...Array(packing).fill("down"), "i");
  expect(contextOf(state)).toBe("detail");
  expect(state.library.subject).toBe("topic");
  expect(detailText(state)).toContain("from the reading list");
  expect(contextOf(press(state, "escape").state)).toBe("topics");
});

test("r offers what matches with its expected time; the profile is chosen beside it", () => {
  const { state } = press(begin(), "/", "#", "5", "4", "enter", "r");
  expect(state.overlay).toMatchObject({ kind: "choose", profile: "standard" });
  if (state.overlay?.kind !== "choose") throw new Error("no dialog");
  const { seconds } = state.overlay.choices[0] ?? {};
  expect(seconds?.standard).toBeGreaterThan(seconds?.quick ?? 0);
  const started = press(state, "left", "enter");
  expect(started.effects).toEqual([
    { type: "start", experiments: state.overlay.choices[0]?.experiments, profile: "quick" },
  ]);
  expect(started.state).toMatchObject({ screen: "run", live: { status: "running" } });
});

test("where no experiment matches, r says so and runs nothing", () => {
  const { state, effects } = press(begin(), "enter", ...Array(9).fill("down"), "r");
  expect(effects).toEqual([]);
  expect(state.message?.text).toMatch(/^No experiment matches article 10 yet; these topics have some: \S/);
});

test("while a run goes on, q asks, Esc leaves it running, x stops it, Ctrl-C quits", () => {
  const running = press(begin(), "/", "#", "5", "4", "enter", "r", "enter").state;
  const asked = press(running, "q");
  expect(asked.effects).toEqual([]);
  expect(asked.state.overlay?.kind).toBe("leave");
  expect(press(asked.state, "escape").state.overlay).toBeUndefined();
  expect(press(asked.state, "y").effects).toEqual([{ type: "quit" }]);
  const away = press(running, "escape").state;
  expect(away).toMatchObject({ screen: "library", live: { status: "running" } });
  expect(press(away, "r").state.message?.text).toMatch(/going on/);
  expect(press(away, "3", "x")).toMatchObject({
    state: { live: { status: "stopping" } },
    effects: [{ type: "stop" }],
  });
  expect(press(running, "ctrl-c").effects).toEqual([{ type: "quit" }]);
});

test("a live run shows its newest lines until one scrolls up, and follows again at the end", () => {
  const events = experiments.slice(0, 4).flatMap((experiment) =>
    experiment.claims.map(({ claim, rule }) => ({
      type: "verdict" as const,
      experiment: experiment.id,
      claim,
      rule,
      verdict: "inconclusive" as const,
      evidence: "nothing was measured ".repeat(20),
    })),
  );
  const started = {
    type: "started" as const,
    experiments: experiments.slice(0, 4).map(({ id }) => ({ experiment: id, cells: [] })),
  };
  const running = press(begin(), "r", "enter").state;
  const shown = update(running, { type: "run-events", events: [started, ...events] }, source).state;
  const { lines, rows } = liveView(shown, source);
  expect(lines.length).toBeGreaterThan(rows);
  expect(shown.live?.scroll).toBe(lines.length - rows);
  const up = press(shown, "g").state;
  expect(up.live).toMatchObject({ scroll: 0, follow: false });
  expect(press(up, "G").state.live?.follow).toBe(true);
});

test("help lists the keys of the view below it and filters as one types", () => {
  const { state } = press(begin(), "enter", "?");
  const all = helpView(state).lines.length;
  const { state: filtered } = press(state, ..."experiment");
  const lines = helpView(filtered).lines.map(plain);
  expect(lines.length).toBeLessThan(all);
  expect(lines).toEqual([expect.stringMatching(/^r +run the experiments that match the article$/)]);
  expect(press(filtered, "escape").state.overlay).toBeUndefined();
});

test("a report is asked for with its directory, which can be edited", () => {
  const live = { ...press(begin(), "r", "enter").state };
  const began = update(live, { type: "run-began", id: "r1" }, source).state;
  const cells = [{ workload: "w", variants: [], seconds: 1 }];
  const events = [
    { type: "started", experiments: [{ experiment: "fma-rounding", cells }] },
    { type: "finished", experiment: "fma-rounding", workload: "w", seconds: 1 },
  ] as const;
  const through = update(began, { type: "run-events", events }, source).state;
  const message = { text: "done", tone: "plain" } as const;
  const ended = update(through, { type: "run-ended", outcome: "finished", message }, source).state;
  const asked = press(ended, "e").state;
  expect(asked.overlay).toMatchObject({ kind: "export", field: { text: "./kdaccel-report-r1" } });
  expect(press(asked, "backspace", "9", "enter").effects).toEqual([
    { type: "export", run: "r1", directory: "./kdaccel-report-r9" },
  ]);
  expect(press(asked, "ctrl-u", "enter").effects).toEqual([]);
});

test("the footer shows five to seven keys and fits the smallest terminal", () => {
  const small = update(begin(), { type: "resize", size: { columns: 80, rows: 24 } }, source).state;
  for (const state of [small, press(small, "enter").state, press(small, "enter", "enter").state]) {
    const text = plain(footerLine(state));
    expect(text.length).toBeLessThanOrEqual(80);
    const shown = text.trim().split(/ {2,}/);
    expect(shown.length).toBeGreaterThanOrEqual(5);
    expect(shown.length).toBeLessThanOrEqual(7);
    expect(text).toContain("? keys");
    expect(text).toContain("q quit");
  }
});

test("after a smaller size every cursor and scroll is inside what is visible", () => {
  const end = press(begin(), "G", "enter", "G", "enter", "G").state;
  const small = update(end, { type: "resize", size: { columns: 80, rows: 24 } }, source).state;
  const { lines, rows } = detailView(small);
  expect(small.library.scroll).toBeLessThanOrEqual(Math.max(0, lines.length - rows));
  expect(small.library.topic.top).toBe(58 - 20);
});
