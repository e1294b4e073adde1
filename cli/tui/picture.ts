/**
 * `npm run picture`: docs/images/terminal.svg and terminal-run.svg, from the screens that the built program draws in a
 * pseudo-terminal. The verdict in the picture is a real one: an experiment is run for it, which takes a minute.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { screenSvg } from "./screen-svg.ts";
import { TestTerminal } from "./terminal.fixture.ts";

const root = join(import.meta.dirname, "..", "..");
const images = join(root, "docs", "images");
const home = mkdtempSync(join(tmpdir(), "kdaccel-picture-"));
// The standard profile of one experiment takes a minute or two; more means that it hangs.
const patienceMilliseconds = 300_000;

const { NO_COLOR: _, ...env } = process.env;
const terminal = new TestTerminal({
  columns: 124,
  rows: 38,
  file: process.execPath,
  args: [join(root, "bin", "kdaccel.js")],
  env: { ...env, KDACCEL_HOME: home },
});

try {
  mkdirSync(images, { recursive: true });
  await terminal.shows("q quit");
  terminal.press("/", "#52", "enter");
  await terminal.shows("1 of 68");
  terminal.press("r");
  await terminal.shows("gemm-register-tile");
  terminal.press("enter");
  await ended("r1");
  await runOf("gemm-ladder");
  await picture(
    "terminal-run.svg",
    "kdaccel: an experiment's results as bars, each against the measured peak",
  );
  terminal.press("1", "/", "gemm");
  await terminal.until((text) => /\/ gemm/.test(text), "the search");
  terminal.press("enter");
  await terminal.shows("? keys");
  for (let times = 0; times < 12 && !/^› +52 /m.test(articlesOf(terminal)); times++) {
    terminal.press("down");
    await pause();
  }
  await terminal.shows("Article 52");
  await picture(
    "terminal.svg",
    "kdaccel: topics, articles, and an article with its papers, claims and verdicts",
  );
  terminal.press("q");
  await terminal.exited;
} finally {
  terminal.close();
  rmSync(home, { recursive: true, force: true });
}

/** Chooses an experiment among all of them and waits for its end. */
async function runOf(experiment: string): Promise<void> {
  terminal.press("1", "escape");
  await terminal.shows("1 of 58");
  await pause();
  terminal.press("escape");
  await pause();
  terminal.press("r");
  await terminal.shows("Run what tests the whole list");
  while (!terminal.text().includes(`› ${experiment} `)) {
    terminal.press("down");
    await pause();
  }
  terminal.press("enter");
  await ended("r2");
  terminal.press("g");
  await pause();
}

async function ended(run: string): Promise<void> {
  const over = (text: string): boolean => text.includes(`Run ${run}`) && /finished, \d/.test(text);
  await terminal.until(over, "the run's end", patienceMilliseconds);
}

/** Time for one frame. */
function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 150));
}

/** The rows without the pane of topics. */
function articlesOf(of: TestTerminal): string {
  return of
    .rows()
    .map((row) => row.replace(/^.*?│ /, ""))
    .join("\n");
}

async function picture(file: string, title: string): Promise<void> {
  await terminal.settled();
  writeFileSync(join(images, file), screenSvg(terminal.cells(), title));
  console.log(`docs/images/${file}`);
}
