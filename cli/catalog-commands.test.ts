import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openCatalog } from "../catalog/open-catalog.ts";
import { type Ended, runProgramWith } from "./program.fixture.ts";
import { columnsOf } from "./terminal-text.ts";

// One database for all, with one verdict in it: these commands only read.
let home: string;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-catalog-commands-"));
  const db = await openCatalog({ path: join(home, "kdaccel.db") });
  db.exec(`
    INSERT INTO run (id, started_at, pid, process_started, command, profile, seed, targets, environment)
      VALUES (7, '2026-11-24T01:02:03Z', 1, '', '[]', 'quick', 1, '["js"]', '{}');
    INSERT INTO verdict VALUES (7, 'listed-tiling', 'tiling-avoids-rereading', 'refuted', 'the rule of that day',
      'ratio 0.98 [0.97, 0.99]', '2026-11-24T01:03:00Z');
  `);
  db.close();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

// Node keeps what it compiled of the program between these starts: a third of the time each.
const run = (args: readonly string[], env: Record<string, string> = {}, folder = home): Promise<Ended> =>
  runProgramWith(args, {
    home: folder,
    entry: "catalog-commands.fixture.ts",
    env: { NODE_COMPILE_CACHE: join(home, "compiled"), ...env },
  });
const kdaccel = (...args: string[]): Promise<Ended> => run(args);
const json = async (...args: string[]) => JSON.parse((await kdaccel(...args, "--json")).stdout);

describe("topics", () => {
  it("shows the tree with counts of articles, claims and experiments", async () => {
    const { stdout } = await kdaccel("topics");
    const lines = stdout.split("\n");
    expect(lines).toHaveLength(59);
    expect(lines[0]).toMatch(/^topic +articles +claims +experiments +中文 +English$/);
    expect(stdout).toMatch(/^ {4}tiling +3 +\d+ +1 +分块 +Tiling \(blocking\)$/m);
    const { schema, topics } = await json("topics");
    expect(schema).toBe("kdaccel/topics/1");
    const { experiments } = topics.find((topic: { id: string }) => topic.id === "acceleration");
    expect(experiments).toBe(2);
  });
});

describe("articles", () => {
  it("lists all of them, or those of a topic, kind or experiment", async () => {
    expect((await json("articles")).articles).toHaveLength(68);
    const numbers = async (...args: string[]) =>
      (await json("articles", ...args)).articles.map((article: { number: number }) => article.number);
    expect(await numbers("--topic", "tiling")).toEqual([52, 54, 56]);
    expect(await numbers("--kind", "repo")).toEqual([19]);
    const matched = await numbers("--with-experiment");
    const unmatched = await numbers("--without-experiment");
    // 54 makes a tested claim; 52 and 56 have the topic alone; 58 is on softmax.
    expect(matched).toEqual([52, 54, 56, 58]);
    expect([...matched, ...unmatched].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 68 }, (_, at) => at + 1),
    );
  });

  it("fit a terminal of 80 columns, Chinese characters counted as two", async () => {
    for (const command of [
      ["articles"],
      ["topics"],
      ["claims"],
      ["glossary"],
      ["search", "蒸馏"],
      ["show", "12"],
    ]) {
      const { stdout } = await run(command, { COLUMNS: "80" });
      const widest = Math.max(
        ...stdout
          .split("\n")
          .filter((line) => !line.includes("http"))
          .map(columnsOf),
      );
      expect(widest, command.join(" ")).toBeLessThanOrEqual(80);
    }
  });
});

describe("search", () => {
  it("finds Chinese and says how many there are", async () => {
    const { stdout } = await kdaccel("search", "蒸馏", "--limit", "2");
    expect(stdout).toMatch(/^articles: 2 of \d+\n#\d+ +.*蒸馏/);
  });

  it("marks the match where colours are allowed, and nothing where they are not", async () => {
    const coloured = await run(["search", "剪枝"], { FORCE_COLOR: "1", NO_COLOR: "" });
    expect(coloured.stdout).toContain("m剪枝\u001b[");
    expect((await kdaccel("search", "剪枝")).stdout).not.toContain("\u001b");
  });

  it("suggests what was meant when it finds nothing", async () => {
    const { code, stdout, stderr } = await kdaccel("search", "distilation");
    expect([code, stdout]).toEqual([0, ""]);
    expect(stderr).toContain("Did you mean distillation?");
  });

  it("gives programs the ranges of the matches", async () => {
    const { schema, articles } = await json("search", "量化");
    expect(schema).toBe("kdaccel/search/1");
    const { text, ranges } = articles[0].titleZh;
    expect(text.slice(...ranges[0])).toBe("量化");
  });

  it("takes operators and quotes for text", async () => {
    expect((await kdaccel("search", "--", '"unbalanced', "AND", "NOT", "*")).code).toBe(0);
    expect((await kdaccel("search", " ")).code).toBe(2);
  });
});

describe("show", () => {
  it("shows an article with papers, claims, verdicts, experiments and neighbours", async () => {
    const { stdout } = await kdaccel("show", "#54");
    expect(stdout).toMatch(/^#54 {2}通用矩阵乘\(GEMM\)优化算法\n/);
    expect(stdout).toContain("https://doi.org/10.1145/1356052.1356053");
    expect(stdout).toContain("blocking-pays-beyond-cache  not tested here");
    expect(stdout).toContain("run: kdaccel bench --article 54");
    expect(stdout).toMatch(/Neighbours by topic\n {2}#5\d/);
  });

  it("shows a claim with its latest verdict, rule and evidence", async () => {
    const { stdout } = await kdaccel("show", "tiling-avoids-rereading");
    expect(stdout).toMatch(
      /Verdict\n {2}refuted in run r7, 2026-11-24\n {2}ratio 0\.98 \[0\.97, 0\.99\]\n {2}rule: the rule of that day/,
    );
    expect(stdout).toContain("in its words  使得data矩阵的一部分数据");
    const { claim } = await json("show", "tiling-avoids-rereading");
    expect(claim.latest).toMatchObject({ verdict: "refuted", run: "r7" });
  });

  it("shows a topic with what is below it, and an experiment", async () => {
    expect((await kdaccel("show", "gemm")).stdout).toMatch(/^acceleration > gemm\n.*\n/);
    expect((await kdaccel("show", "listed-tiling")).stdout).toMatch(
      /Tests\n {2}tiling-avoids-rereading\n {4}never/,
    );
  });
});

describe("claims", () => {
  it("are listed by verdict, the untested ones apart", async () => {
    const ids = async (verdict: string) =>
      (await json("claims", "--verdict", verdict)).claims.map((claim: { id: string }) => claim.id);
    expect(await ids("refuted")).toEqual(["tiling-avoids-rereading"]);
    expect(await ids("confirmed")).toEqual([]);
    expect(await ids("none")).toHaveLength(114);
    expect((await kdaccel("claims", "--topic", "tiling")).stdout).toContain(
      "tiling-avoids-rereading  refuted in r7",
    );
  });
});

describe("glossary and experiments", () => {
  it("explain a term in either language", async () => {
    for (const term of ["gemm", "通用矩阵乘"]) {
      expect((await kdaccel("glossary", term)).stdout).toMatch(/^GEMM {2}通用矩阵乘\n/);
    }
    expect((await json("glossary")).terms).toHaveLength(107);
  });

  it("list what can be run, by topic", async () => {
    const all = (await json("experiments")).experiments.map(({ id }: { id: string }) => id);
    expect(all).toEqual(["listed-tiling", "listed-softmax"]);
    expect((await json("experiments", "--topic", "tiling")).experiments).toMatchObject([
      { id: "listed-tiling" },
    ]);
    expect((await kdaccel("experiments", "--topic", "pruning")).stderr).toContain("No experiment");
  });
});

describe("open", () => {
  it("prints the link where there is no desktop", async () => {
    const env = { DISPLAY: "", WAYLAND_DISPLAY: "", WSL_DISTRO_NAME: "" };
    const { stdout, code } = await run(["open", "54"], env);
    expect([code, stdout]).toEqual([0, "https://jackwish.net/2019/gemm-optimization.html\n"]);
    const paper = await run(["open", "54", "--paper", "1", "--print"], env);
    expect(paper.stdout).toBe("https://doi.org/10.1145/1356052.1356053\n");
  });

  it.skipIf(process.platform !== "linux")(
    "hands the link to the desktop's opener as one argument",
    async () => {
      const tools = join(home, "tools");
      mkdirSync(tools);
      const seen = join(tools, "seen");
      writeFileSync(join(tools, "xdg-open"), `#!/bin/sh\nprintf '%s|' "$#" "$@" > ${JSON.stringify(seen)}\n`);
      chmodSync(join(tools, "xdg-open"), 0o755);
      const env = { DISPLAY: ":0", PATH: `${tools}${delimiter}${process.env.PATH}` };
      const { code, stdout } = await run(["open", "12"], env);
      expect([code, stdout]).toEqual([0, ""]);
      expect(readFileSync(seen, "utf8")).toBe("1|https://blog.csdn.net/xbinworld/article/details/83063726|");
    },
  );

  it.skipIf(process.platform !== "linux")(
    "prints the link when the opener fails or is not installed",
    async () => {
      const failing = join(home, "failing");
      mkdirSync(failing);
      const env = { DISPLAY: ":0", PATH: failing };
      const absent = await run(["open", "12", "--paper", "2"], env);
      expect(absent.stdout).toBe("https://arxiv.org/abs/1804.03235\n");
      writeFileSync(join(failing, "xdg-open"), "#!/bin/sh\nexit 3\n");
      chmodSync(join(failing, "xdg-open"), 0o755);
      expect((await run(["open", "12"], env)).stdout).toContain("https://blog.csdn.net/");
    },
  );
});

describe("what does not exist", () => {
  it.each([
    [["articles", "--topic", "tilling"], 'topic "tilling"', "Did you mean tiling?"],
    [["articles", "--kind", "repoo"], 'kind "repoo"', "Did you mean repo?"],
    [["claims", "--topic", "nowhere-near"], 'topic "nowhere-near"', "kdaccel topics"],
    [["show", "gemm-"], '"gemm-"', "Did you mean gemm"],
    [["show", "999"], 'article "999"', "kdaccel articles"],
    [["show", "zzzzzz"], '"zzzzzz"', "kdaccel search zzzzzz"],
    [["show", ""], '""', "kdaccel show 57"],
    [["open", "999"], 'article "999"', "kdaccel articles"],
    [["open", "54", "--paper", "9"], "1 paper", "kdaccel show 54"],
    [["glossary", "gemn"], '"gemn"', "Did you mean GEMM"],
    [["articles", "--topc", "x"], "--topc", "Did you mean --topic? `kdaccel articles --help`"],
    [["articels"], "articels", "articles"],
    [["claims", "--verdict", "maybe"], "maybe", "confirmed"],
    [["articles", "--with-experiment", "--without-experiment"], "--with", ""],
  ])("%j ends with a suggestion and exit code 2", async (args, found, remedy) => {
    const { code, stdout, stderr } = await kdaccel(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(found);
    expect(stderr).toContain(remedy);
  });
});

describe("a database that cannot be used", () => {
  const withFile = async (make: (path: string) => void): Promise<Ended & { kept: boolean }> => {
    const other = mkdtempSync(join(tmpdir(), "kdaccel-faulty-"));
    try {
      const path = join(other, "kdaccel.db");
      make(path);
      const before = readFileSync(path);
      const ended = await run(["articles"], {}, other);
      return { ...ended, kept: before.equals(readFileSync(path)) };
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  };

  it.each<[string, string, (path: string) => void]>([
    ["of another kind", "expected an SQLite database", (path) => writeFileSync(path, "hello\n".repeat(1000))],
    [
      "of a later version",
      "update kdaccel",
      (path) => {
        const db = new Database(path);
        db.exec("PRAGMA user_version = 999; CREATE TABLE x (y)");
        db.close();
      },
    ],
    [
      "truncated",
      "is damaged",
      (path) => writeFileSync(path, readFileSync(join(home, "kdaccel.db")).subarray(0, 40_000)),
    ],
  ])("%s ends with a remedy and exit code 1, and stays as it was", async (_what, sentence, make) => {
    const { code, stdout, stderr, kept } = await withFile(make);
    expect([code, stdout, kept]).toEqual([1, "", true]);
    expect(stderr).toContain(sentence);
    expect(stderr).toContain("KDACCEL_HOME");
    expect(stderr).not.toContain("    at ");
  });
});
