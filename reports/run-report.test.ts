import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { describe, expect, it } from "vitest";
import type { StoredRun } from "../catalog/ledger.ts";
import { runReport } from "./run-report.ts";
import type { Sources } from "./sources.ts";
import { exact, fixtureExperiments as experiments, fixtureSources, storedRun } from "./stored-run.fixture.ts";

const none: Sources = { claims: new Map(), cited: [], related: [] };

async function filesOf(stored: StoredRun, sources = fixtureSources): Promise<Map<string, string>> {
  const files = await runReport({ stored, experiments, sources });
  return new Map(files.map(({ path, text }) => [path, text]));
}

async function pageOf(stored: StoredRun, sources = fixtureSources): Promise<string> {
  return (await filesOf(stored, sources)).get("report.md") ?? "";
}

const html = (markdown: string): string =>
  micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });

/** The run with one of its parts changed. */
const changed = (changes: Partial<StoredRun>, run: Partial<StoredRun["run"]> = {}): StoredRun => ({
  ...storedRun,
  ...changes,
  run: { ...storedRun.run, ...run },
});

describe("a run's report", () => {
  it("is the same bytes when it is made again", async () => {
    expect(await filesOf(structuredClone(storedRun))).toEqual(await filesOf(storedRun));
  });

  it("sets figures of others apart from what was measured here", async () => {
    const page = await pageOf(storedRun);
    expect(page).toContain("Published elsewhere, not measured here: A tutorial. on another machine.");
    expect(page).toContain("Source: a \\| book.");
    expect(page).toMatch(/\| packed +\| +1.00 ms \| +200x \|/);
  });

  it("has a page, charts, and the raw data", async () => {
    expect([...(await filesOf(storedRun)).keys()]).toEqual([
      "report.md",
      "charts/01-ladder-ladder-256x256x256.svg",
      "charts/02-ladder-ladder-512x512x512.svg",
      "charts/03-ladder-roofline-256x256x256.svg",
      "charts/04-ladder-roofline-512x512x512.svg",
      "charts/05-sweep-sweep-256x256x256.svg",
      "charts/06-sweep-bars.svg",
      "run.json",
      "measurements.csv",
      "samples.csv",
    ]);
  });

  it("shows every chart that it has, and no other", async () => {
    const files = await filesOf(storedRun);
    const shown = [...html(files.get("report.md") ?? "").matchAll(/<img src="([^"]+)"/g)].map(
      ([, path]) => path,
    );
    expect(shown).toEqual([...files.keys()].filter((path) => path.startsWith("charts/")));
  });

  it("goes from what was asked to how to repeat it", async () => {
    const headings = [...html(await pageOf(storedRun)).matchAll(/<h2>([^<]*)/g)].map(([, title]) => title);
    expect(headings).toEqual([
      "What was asked",
      "Verdicts",
      "Machine",
      "Experiments",
      "Articles and papers",
      "How to reproduce it",
      "Files",
    ]);
  });

  it("gives each claim its verdict, rule and evidence, and where it stands", async () => {
    const page = await pageOf(storedRun);
    expect(page).toContain("1 confirmed, 1 refuted, 1 inconclusive.");
    for (const { claim, rule, evidence } of storedRun.verdicts) {
      expect(page).toContain(`\`${claim}\``);
      expect(page).toContain(`**Rule.** ${rule}`);
      for (const finding of evidence.split("; ")) expect(page).toContain(`> - ${finding}`);
    }
    expect(page).toContain("Plain loops are far from peak. 普通循环远离峰值。");
    expect(page).toContain("[#56 A First Look at GEMM](https://example.org/gemm)");
    expect(page).toContain("初探矩阵乘法优化");
    expect(page).toContain("[Anatomy of GEMM](https://doi.org/10.1145/1356052), Goto & van de Geijn");
  });

  it("names command, seed and version", async () => {
    const page = await pageOf(storedRun);
    expect(page).toContain("```sh\nkdaccel bench --topic tiling\n```");
    expect(page).toContain(
      "kdaccel bench --experiment ladder --experiment sweep --profile quick --seed 1 --target js --target wasm",
    );
    expect(page).toContain("with kdaccel 0.1.0 on Node 26.10.0");
  });

  it("tables contestants with their intervals, ceilings last and apart", async () => {
    const rows = (await pageOf(storedRun)).split("\n").filter((line) => /^\| \*?`/.test(line));
    const row = (start: string): string => rows.find((line) => line.startsWith(start)) ?? "";
    expect(row("| `packed-blocked`").replace(/ +/g, " ")).toBe(
      "| `packed-blocked` | wasm | 912 µs [866, 957] | 36.8 GFLOP/s [35.0, 38.6] | 65.1 % [61.9, 68.4] | " +
        "73.6x [69.9, 77.3] | faster | | 15 | yes |",
    );
    const contestant = rows.findIndex((line) => line.startsWith("| `packed-blocked`"));
    expect(rows[contestant + 1]).toMatch(
      /^\| \*`peak-fma`\* +\| \*wasm\* .*\*56\.5 GFLOP\/s \[53\.7, 59\.3\]\*/,
    );
  });

  it("puts the documented JSON and the full figures beside the page", async () => {
    const files = await filesOf(storedRun);
    const document = JSON.parse(files.get("run.json") ?? "");
    expect(document.schema).toBe("kdaccel/bench/1");
    expect(document.measurements).toEqual(storedRun.measurements);
    expect(document.verdicts.map((verdict: { article: unknown }) => verdict.article)).toEqual([
      56,
      null,
      null,
    ]);
    const lines = (files.get("measurements.csv") ?? "").trimEnd().split("\n");
    expect(lines).toHaveLength(storedRun.measurements.length + 1);
    expect(lines.at(-1)).toBe(
      "sweep,256x256x256,blocked-256,wasm,1,cache-misses,1,exact,3906.25,3906.25,3906.25,1,,,",
    );
    expect((files.get("samples.csv") ?? "").split("\n")[1]).toBe(
      "sweep,256x256x256,blocked-4,wasm,time,0,0.0021",
    );
  });
});

describe("a run that did not go well", () => {
  it.each([
    ["interrupted", "This run was interrupted."],
    ["killed", "This run's process died."],
    ["running", "This run is still going on."],
  ] as const)("and is %s says so before anything else", async (status, words) => {
    const cells = storedRun.cells.map((cell, at) => ({ ...cell, finished: at === 0, seconds: null }));
    const page = await pageOf(changed({ cells }, { status, cells: { finished: 1, planned: 3 } }));
    expect(page.split("\n").slice(2, 4).join("\n")).toMatch(
      new RegExp(`^> \\[!WARNING\\]\n> \\*\\*${words}`),
    );
    expect(page).toContain("1 of 3 workloads are complete");
    expect(page.match(/\*\*not finished\*\*/g)).toHaveLength(2);
    expect(page.includes("kdaccel bench --resume r7")).toBe(status !== "running");
  });

  it("and planned nothing still is a report", async () => {
    const empty = changed(
      { cells: [], measurements: [], samples: [], verdicts: [] },
      { experiments: [], cells: { finished: 0, planned: 0 } },
    );
    const files = await filesOf(empty, none);
    expect(files.get("report.md")).toContain("No claim was judged in this run.");
    expect(files.get("samples.csv")).toBe("experiment,workload,variant,target,metric,round,value\n");
    expect([...files.keys()].some((path) => path.startsWith("charts/"))).toBe(false);
  });

  it("and measured nothing says which charts are missing and why", async () => {
    const page = await pageOf(changed({ measurements: [], samples: [] }));
    expect(page).toContain('No chart "Under the roofline": it needs rates, bytes and both measured ceilings');
    expect(page.match(/no measurement\./g)).toHaveLength(3);
  });

  it("tells each failure with its place and message", async () => {
    const at = {
      experiment: "ladder",
      workload: "512x512x512",
      variant: "packed-blocked",
      target: "wasm",
    } as const;
    const failures = [
      { ...at, reason: "wrong" as const, message: "C[0][1]: expected 1, found 2" },
      {
        ...at,
        variant: null,
        target: null,
        workload: null,
        reason: "crashed" as const,
        message: "exit code 139",
      },
    ];
    const page = await pageOf(changed({ failures }));
    expect(html(page)).toContain(
      "<code>packed-blocked</code> (wasm) at 512x512x512 disagrees with its reference: C[0][1]: expected 1, found 2",
    );
    expect(page).toContain("- The experiment crashed: exit code 139");
  });

  it("and has wrong results marks them in the table and leaves them out of charts", async () => {
    const measurements = storedRun.measurements.map((m) =>
      m.variant === "packed-blocked" ? { ...m, correct: false } : m,
    );
    const files = await filesOf(changed({ measurements }));
    expect(files.get("report.md")).toMatch(/`packed-blocked`.*\*\*wrong\*\*/);
    expect(files.get("charts/01-ladder-ladder-256x256x256.svg")).not.toContain("packed-blocked");
  });

  it("and comes from another version shows experiments, metrics and claims by their ids", async () => {
    const place = { experiment: "of-tomorrow", workload: "w", variant: "v", target: "js" } as const;
    const stored = changed(
      {
        measurements: [exact(place, "metric-of-tomorrow", 12_345)],
        cells: [{ ...place, variants: [place], finished: true, seconds: 1 }],
      },
      { experiments: ["of-tomorrow"] },
    );
    const page = await pageOf(stored, none);
    expect(page).toContain("`of-tomorrow`: this version of kdaccel does not know this experiment any more.");
    expect(page).toMatch(/\| +Metric-of-tomorrow \|/);
    expect(page).toContain("12,345");
  });
});

describe("foreign text in a report", () => {
  const evil = "\u001b[31m</td><script>alert(1)</script>|[x](javascript:alert(1))\u202e\n\n# **title** `";

  it("stays text wherever it stands", async () => {
    const place = { experiment: "ladder", workload: evil, variant: evil, target: "js" } as const;
    const [verdict] = storedRun.verdicts;
    const [claim] = fixtureSources.claims.values();
    const [article] = fixtureSources.cited;
    if (!verdict || !claim || !article) throw new Error("the fixture has a verdict, a claim and an article");
    const stored = changed(
      {
        environment: { ...storedRun.environment, cpu: evil, os: evil, isa: [evil], virtualised: evil },
        measurements: [exact(place, "loads", 3)],
        cells: [{ ...place, variants: [place], finished: true, seconds: 1 }],
        verdicts: [{ ...verdict, rule: evil, evidence: evil }],
        failures: [{ ...place, reason: "error", message: evil }],
      },
      { command: ["bench", "--topic", evil] },
    );
    const [paper] = article.papers;
    const sources: Sources = {
      claims: new Map([[claim.id, { ...claim, statementEn: evil, statementZh: evil }]]),
      cited: [
        {
          ...{ ...article, titleEn: evil, titleZh: evil, url: "javascript:alert(1)" },
          papers: paper ? [{ ...paper, title: evil, authors: evil, link: "data:text/html,x" }] : [],
        },
      ],
      related: [],
    };
    const page = await pageOf(stored, sources);
    for (const obeyed of ["\u001b", "\u202e"]) expect(page).not.toContain(obeyed);
    const shown = html(page);
    expect(shown).not.toContain("<script");
    expect(shown).not.toMatch(/(href|src)="(javascript|data):/);
    expect(shown).not.toContain("<strong>title");
    expect([...shown.matchAll(/<h1>/g)]).toHaveLength(1);
    const columns = /<thead>(.*?)<\/thead>/s;
    for (const [found] of shown.matchAll(/<table>.*?<\/table>/gs)) {
      const width = columns.exec(found)?.[1]?.match(/<th/g)?.length;
      for (const [row] of found.matchAll(/<tr>(?:(?!<th).)*?<\/tr>/gs)) {
        if (row.includes("<td")) expect(row.match(/<td/g)).toHaveLength(width ?? 0);
      }
    }
  });
});
