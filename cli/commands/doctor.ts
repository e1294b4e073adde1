/**
 * `kdaccel doctor`: looks at everything that runs and figures depend on, and says what to do about what is not as it
 * should be. Exit code 1 where something does not work.
 */
import type { Command } from "commander";
import type { Check, CheckResult } from "../doctor/check.ts";
import { type Checked, checks, made } from "../doctor/checks.ts";
import { realFacts } from "../doctor/real-facts.ts";
import { exitCodes } from "../exit.ts";
import { advise, printDocument, printLines, stdoutView, type View } from "../print.ts";
import { sanitise, wrap } from "../terminal-text.ts";

interface Format {
  readonly json?: boolean;
}

export function define(command: Command): void {
  command.option("--json", "print one JSON document").action(async (format: Format) => {
    const found = await examine(format);
    const count = counts(found);
    if (format.json) {
      printDocument("doctor", {
        checks: found.map((each) => ({ ...each, advice: each.advice ?? null })),
        ...count,
      });
    } else {
      printLines(["", summary(count)]);
    }
    process.exitCode = count.problems > 0 ? exitCodes.failed : exitCodes.done;
  });
}

/** Makes all checks, one after the other: the timed ones must not run beside anything. */
async function examine({ json }: Format): Promise<Checked[]> {
  const facts = realFacts();
  const view = stdoutView();
  const found: Checked[] = [];
  for (const check of checks) {
    sayWhatTakesLong(check);
    const checked = await made(check, facts);
    found.push(checked);
    if (!json) printLines(checkLines(checked, view));
  }
  return found;
}

function sayWhatTakesLong({ slow }: Check): void {
  if (slow !== undefined) advise(`${slow}, a few seconds …`);
}

const idColumns = Math.max(...checks.map(({ id }) => id.length));
const resultColumns = "problem".length;

/** `ok       timer  resolution …`, the advice in a line of its own below. */
function checkLines({ id, result, message, advice }: Checked, { width, theme }: View): string[] {
  const colour: Readonly<Record<CheckResult, (text: string) => string>> = {
    ok: theme.confirmed,
    note: theme.warning,
    problem: theme.failure,
  };
  const indent = " ".repeat(resultColumns + idColumns + 4);
  const room = Math.max(20, width - indent.length);
  const [first = "", ...rest] = wrap(sanitise(message), room);
  return [
    `${colour[result](result.padEnd(resultColumns))}  ${theme.id(id.padEnd(idColumns))}  ${first}`,
    ...rest.map((line) => indent + line),
    ...(advice ? wrap(sanitise(advice), room).map((line) => indent + theme.muted(line)) : []),
  ];
}

interface Counts {
  readonly ok: number;
  readonly notes: number;
  readonly problems: number;
}

function counts(found: readonly Checked[]): Counts {
  const of = (result: CheckResult): number => found.filter((each) => each.result === result).length;
  return { ok: of("ok"), notes: of("note"), problems: of("problem") };
}

function summary({ ok, notes, problems }: Counts): string {
  const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
  return `${ok + notes + problems} checks: ${ok} ok, ${plural(notes, "note")}, ${plural(problems, "problem")}.`;
}
