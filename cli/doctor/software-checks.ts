/** Checks of what kdaccel stands on: Node, the database, the terminal. */
import type { DatabaseHealth } from "../../catalog/database/health.ts";
import { formatBytes } from "../../reports/numbers.ts";
import { type Check, type Facts, type Finding, note, ok, problem } from "./check.ts";
import type { TerminalFacts } from "./terminal-facts.ts";

/** A full profile over everything writes about this much; below it a run may end for want of space. */
const comfortableFreeBytes = 100 * 2 ** 20;
/** What the terminal UI is drawn for. */
const comfortable = { columns: 80, rows: 24 } as const;

export const softwareChecks: readonly Check[] = [
  { id: "node", looksAt: "version of Node", judge: judgeNode },
  { id: "database", looksAt: "health of the database", judge: (facts) => judgeDatabase(facts.database()) },
  {
    id: "terminal",
    looksAt: "size, colours and characters of the terminal",
    judge: async (facts) => judgeTerminal(await facts.terminal()),
  },
];

function judgeNode({ node: { version, asked } }: Facts): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [leastMajor = 0, leastMinor = 0] = asked
    .replace(/[^\d.]/g, "")
    .split(".")
    .map(Number);
  const enough = major > leastMajor || (major === leastMajor && minor >= leastMinor);
  const found = `Node ${version}, needed is ${asked}`;
  return enough
    ? ok(found)
    : problem(found, "Install a newer Node (https://nodejs.org), or use `npx kdaccel`.");
}

function judgeDatabase(health: DatabaseHealth): Finding {
  const { path, exists, bytes, version, newestVersion, faults, writable, freeBytes } = health;
  if (health.problem) return problem(health.problem.message, sentence(health.problem.remedy));
  if (faults.length > 0) {
    return problem(
      `${path} is damaged: ${faults.join("; ")}`,
      "Copy the file, then put a backup beside it in its place, or move it away to begin with an empty one.",
    );
  }
  if (!writable) {
    return problem(
      `${path} cannot be written`,
      "Give yourself the right to write, or set KDACCEL_HOME to another folder.",
    );
  }
  const found = exists
    ? `${path}, ${formatBytes(bytes)}, schema ${version || "older than"} ${version ? "of" : ""} ${newestVersion}, sound`.replace(
        / +/g,
        " ",
      )
    : `none yet; the next command makes ${path}`;
  if (freeBytes !== null && freeBytes < comfortableFreeBytes) {
    return note(`${found}; ${formatBytes(freeBytes)} free there`, "Make room before a long run.");
  }
  return ok(found);
}

function judgeTerminal(terminal: TerminalFacts): Finding {
  if (!terminal.interactive) return ok("no terminal: output goes to a file or another program");
  const { columns, rows, utf8, chineseColumns } = terminal;
  const found = `${columns}x${rows}, ${colours(terminal)}, Chinese ${widthText(chineseColumns)}`;
  if (utf8 === false) {
    return note(`${found}; the locale is not UTF-8`, "Set LANG to a UTF-8 locale: export LANG=C.UTF-8");
  }
  if (chineseColumns !== null && chineseColumns !== 2) {
    return note(
      found,
      "Tables with Chinese text will not align; choose a terminal font with full-width characters.",
    );
  }
  if (columns < comfortable.columns || rows < comfortable.rows) {
    return note(found, `The terminal UI wants ${comfortable.columns}x${comfortable.rows}.`);
  }
  return ok(found);
}

function colours({ colourBits, coloursOffBy }: TerminalFacts): string {
  if (coloursOffBy) return `colours off by ${coloursOffBy}`;
  return colourBits <= 1 ? "no colours" : colourBits >= 24 ? "all colours" : `${2 ** colourBits} colours`;
}

function widthText(columns: number | null): string {
  if (columns === null) return "width not told";
  return columns === 2 ? "two columns wide" : `${columns} columns wide instead of two`;
}

/** Remedies of the database begin in small letters, as clauses. */
function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
