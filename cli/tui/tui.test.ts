/**
 * The program in a real pseudo-terminal, its screen rebuilt from what it writes: what a person would see and how the
 * terminal is left. The bundle is built from the sources of the moment, because Node cannot run JSX itself.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "rolldown";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openDatabase } from "../../catalog/database/open.ts";
import { listRuns } from "../../catalog/ledger.ts";
import { columnsOf } from "../terminal-text.ts";
import { TestTerminal } from "./terminal.fixture.ts";

const root = join(import.meta.dirname, "..", "..");
const folder = mkdtempSync(join(tmpdir(), "kdaccel-tui-"));
const home = join(folder, "home");
// Inside the project, because the bundle looks for its native packages above itself.
const cache = join(root, "node_modules", ".cache");
let bundle: string;
const open: TestTerminal[] = [];

beforeAll(async () => {
  mkdirSync(cache, { recursive: true });
  bundle = mkdtempSync(join(cache, "kdaccel-tui-"));
  const { default: config } = await import(join(root, "rolldown.config.js"));
  await build({ ...config, cwd: root, output: { ...config.output, dir: bundle } });
});

afterEach(() => {
  for (const terminal of open.splice(0)) terminal.close();
});

afterAll(() => {
  rmSync(bundle, { recursive: true });
  rmSync(folder, { recursive: true });
});

function start(columns: number, rows: number, env: Readonly<Record<string, string>> = {}): TestTerminal {
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env;
  const terminal = new TestTerminal({
    columns,
    rows,
    file: process.execPath,
    args: [join(bundle, "main.js")],
    env: { ...inherited, KDACCEL_HOME: home, ...env },
    cwd: folder,
  });
  open.push(terminal);
  return terminal;
}

/** The terminal as it was before: the first screen, a visible cursor, and the program's end. */
async function expectRestored(terminal: TestTerminal, code: number): Promise<void> {
  expect(await terminal.exited).toBe(code);
  await terminal.settled();
  expect(terminal.buffer()).toBe("normal");
  const written = terminal.written();
  expect(written.lastIndexOf("\u001b[?25h")).toBeGreaterThan(written.lastIndexOf("\u001b[?25l"));
  expect(written.lastIndexOf("\u001b[?2004l")).toBeGreaterThan(written.lastIndexOf("\u001b[?2004h"));
}

test.each([
  { columns: 80, rows: 24, panes: ["Topics", "Articles"] },
  { columns: 120, rows: 40, panes: ["Topics", "Articles", "Article 1"] },
  { columns: 200, rows: 60, panes: ["Topics", "Articles", "Article 1"] },
])(
  "at $columns x $rows the panes stand side by side and fill the screen",
  async ({ columns, rows, panes }) => {
    const terminal = start(columns, rows);
    await terminal.shows("q quit");
    expect(terminal.buffer()).toBe("alternate");
    const screen = terminal.rows();
    expect(screen[0]).toMatch(/^ kdaccel {2}1 Library {2}2 Runs/);
    const titles = [...(screen[1] ?? "").matchAll(/[━─]{2} (\S[^━─]*?) [━─]/g)].map((match) => match[1]);
    expect(titles.filter((title) => !/^(\d+ of \d+|top)$/.test(title ?? ""))).toEqual(panes);
    expect(screen[2]).toMatch(/^› All articles +68 │ › {3}1 A Brief Acc/);
    expect(screen.at(-1)).toContain("q quit");
    for (const row of screen) expect(columnsOf(row)).toBeLessThanOrEqual(columns);
    terminal.press("q");
    await expectRestored(terminal, 0);
  },
);

test("keys pressed before the first frame are not echoed into it", async () => {
  const terminal = start(80, 24);
  const early = setInterval(() => terminal.press("j", "enter"), 4);
  await terminal.shows("q quit").finally(() => clearInterval(early));
  const drawn = terminal.written().split("\u001b[?1049h")[1];
  expect(drawn).not.toMatch(/j\r?\n/);
  await terminal.until((text) => text.startsWith(" kdaccel  1 Library") && filled(text, 24), "a whole frame");
  terminal.press("ctrl-c");
  await expectRestored(terminal, 0);
});

test("a search for 蒸馏 finds as one types, with the cursor behind the wide characters; q is text there", async () => {
  const terminal = start(80, 24);
  await terminal.shows("q quit");
  terminal.press("/", "蒸馏");
  const found = await terminal.until(
    (text) => /\b\d\d of 68/.test(text) && text.includes("/ 蒸馏"),
    "matches",
  );
  expect(found).toMatch(/知识蒸馏/);
  await terminal.until(
    () => terminal.cursor().x === 6 && terminal.cursor().y === 2,
    "the cursor in the field",
  );
  terminal.press("qz");
  await terminal.shows("0 of 68");
  await terminal.shows("Nothing found");
  terminal.press("escape");
  await terminal.until((text) => text.includes("1 of 68") && !text.includes("/ 蒸"), "the whole list");
  terminal.press("q");
  await expectRestored(terminal, 0);
});

test("an article is opened with Enter and left with Esc, which never quits", async () => {
  const terminal = start(80, 24);
  await terminal.shows("q quit");
  terminal.press("/", "#54", "enter");
  await terminal.shows("1 of 68");
  terminal.press("enter");
  // A terminal draws a frame in pieces: the title may be there before the papers are.
  const text = await terminal.shows("Goto & van de Geijn, 2008");
  expect(text).toContain("Article 54");
  expect(text).toContain("Papers");
  terminal.press("G");
  await terminal.shows(" end ");
  terminal.press("escape");
  await terminal.shows("Enter open");
  for (let times = 0; times < 4; times++) {
    terminal.press("escape");
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  await terminal.until((now) => now.includes("i about"), "the topics");
  terminal.press("ctrl-c");
  await expectRestored(terminal, 0);
});

test("? shows the keys of this view and filters them as one types", async () => {
  const terminal = start(80, 24);
  await terminal.shows("q quit");
  terminal.press("?");
  await terminal.shows("Keys of topics");
  terminal.press("titles");
  await terminal.until(
    (text) => /z {2,}titles in Chinese or English/.test(text) && !text.includes("one up"),
    "one key",
  );
  terminal.press("escape");
  await terminal.until((text) => !text.includes("Keys of"), "the help to close");
});

/** Whether the tabs are the first row and the keys the last one. */
function filled(text: string, rows: number): boolean {
  const lines = text.split("\n");
  return lines[0]?.startsWith(" kdaccel  1 Library") === true && lines[rows - 1]?.includes("q quit") === true;
}

test("a resized terminal is filled anew, and one that is too small says so", async () => {
  const terminal = start(120, 40);
  await terminal.shows("q quit");
  terminal.press("tab", "j", "j");
  await terminal.shows("Article 3");
  terminal.resize(80, 24);
  await terminal.until((text) => filled(text, 24), "the small layout");
  const small = terminal.rows();
  expect(small[1]).toMatch(/Articles ━.* 3 of 68/);
  expect(small.filter((row) => row.includes("kdaccel  1 Library"))).toHaveLength(1);
  terminal.resize(60, 15);
  await terminal.shows("kdaccel needs 80 columns and 24 rows");
  terminal.resize(200, 60);
  await terminal.until((text) => filled(text, 60), "the large layout");
  expect(terminal.rows()[1]).toMatch(/Topics .*Articles ━.* 3 of 68 .*Article 3/);
  terminal.press("q");
  await expectRestored(terminal, 0);
});

test("an experiment is run, its verdict shown and stored, and its report exported", async () => {
  const terminal = start(100, 40);
  await terminal.shows("q quit");
  terminal.press("r");
  await terminal.shows("Run what tests the whole list");
  terminal.press("down");
  await terminal.until((text) => /› gemm-tile-exactness/.test(text), "the experiment to be chosen");
  terminal.press("enter");
  await terminal.shows("finished, 1 confirmed");
  const screen = terminal.text();
  expect(screen).toMatch(/✓ confirmed {2}tiles-sum-to-the-product/);
  expect(screen).toContain("mismatching results: 0 everywhere");
  expect(screen).toMatch(/finished {2}█+ {2}1 of 1 cells/);
  terminal.press("e");
  await terminal.shows("› ./kdaccel-report-r1");
  terminal.press("\u0015");
  await terminal.until((text) => !text.includes("kdaccel-report"), "the empty field");
  terminal.press(".", "enter");
  await terminal.until(
    (text) => /is not empty and not a report.*Name another directory\./.test(text.replace(/\s+/g, " ")),
    "advice",
  );
  expect(terminal.text()).not.toContain("--force");
  terminal.press("escape");
  await terminal.until((text) => !text.includes("Directory;"), "the dialog to close");
  terminal.press("e");
  await terminal.shows("› ./kdaccel-report-r1");
  terminal.press("enter");
  await terminal.shows("The report of r1 is in");
  expect(readdirSync(join(folder, "kdaccel-report-r1"))).toContain("report.md");
  terminal.press("R");
  await terminal.shows("r1   20");
  terminal.press("enter");
  await terminal.shows("kdaccel bench --experiment gemm-tile-exactness --profile standard");
  terminal.press("q");
  await expectRestored(terminal, 0);
});

test("Ctrl-C in the middle of a run restores the screen and leaves an interrupted run with what it had", async () => {
  const terminal = start(80, 24);
  await terminal.shows("q quit");
  terminal.press("/", "#54", "enter");
  await terminal.shows("1 of 68");
  terminal.press("r");
  await terminal.shows("Run what tests article 54");
  terminal.press("enter");
  await terminal.shows("x stop");
  await terminal.until((text) => /[1-9] of \d+ cells/.test(text), "a finished cell");
  terminal.press("ctrl-c");
  await expectRestored(terminal, 130);
  expect(terminal.text()).toMatch(/Interrupted\. What was finished is kept: kdaccel bench --resume r\d+/);
  const db = openDatabase({ path: join(home, "kdaccel.db") });
  const [newest] = listRuns(db, 1);
  db.close();
  expect(newest?.status).toBe("interrupted");
  expect(newest?.cells.finished).toBeGreaterThan(0);
});

test("a run that was stopped with x can be left as usual", async () => {
  const terminal = start(80, 24);
  await terminal.shows("q quit");
  terminal.press("/", "#54", "enter");
  await terminal.shows("1 of 68");
  terminal.press("r");
  await terminal.shows("Run what tests article 54");
  terminal.press("enter");
  await terminal.shows("x stop");
  terminal.press("x");
  await terminal.until((text) => /kdaccel bench --resume r\d+ completes it/.test(text), "how to go on");
  terminal.press("q");
  await expectRestored(terminal, 0);
});

test("with NO_COLOR no colour is written, and what is chosen is still marked", async () => {
  const terminal = start(80, 24, { NO_COLOR: "1" });
  await terminal.shows("› All articles");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
  expect(terminal.written()).not.toMatch(/\u001b\[[\d;]*m/);
});

test("a screen reader gets sentences without lines, bars or a second screen", async () => {
  const terminal = start(80, 24, { INK_SCREEN_READER: "true" });
  await terminal.shows("Topics, 1 of 58:");
  terminal.press("down");
  const text = await terminal.shows("Topics, 2 of 58:");
  expect(text).toContain("Knowledge distillation 46 articles");
  expect(text).not.toMatch(/[━─│█▒]/);
  expect(terminal.buffer()).toBe("normal");
  terminal.press("q");
  expect(await terminal.exited).toBe(0);
  expect(existsSync(home)).toBe(true);
});
