import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { type TerminalStreams, terminalFacts } from "./terminal-facts.ts";

/** A terminal that answers a question for its cursor with this text, in two pieces, or not at all. */
function fakeTerminal(answer: string | null, environment: NodeJS.ProcessEnv = { LANG: "zh_CN.UTF-8" }) {
  const input = new EventEmitter();
  const written: string[] = [];
  const raw: boolean[] = [];
  const streams = {
    environment,
    input: Object.assign(input, {
      isTTY: true,
      setRawMode: (on: boolean) => raw.push(on),
      resume: () => {},
      pause: () => {},
    }),
    output: {
      ...{ isTTY: true, columns: 100, rows: 30, getColorDepth: () => 8 },
      write(text: string) {
        written.push(text);
        if (text.endsWith("\u001b[6n") && answer !== null) {
          setImmediate(() => input.emit("data", answer.slice(0, 3)));
          setImmediate(() => input.emit("data", Buffer.from(answer.slice(3))));
        }
        return true;
      },
    },
  };
  return { streams: streams as unknown as TerminalStreams, written, raw, input };
}

describe("terminalFacts", () => {
  it("asks the terminal how wide Chinese is, and leaves it as it was", async () => {
    const { streams, written, raw, input } = fakeTerminal("\u001b[12;5R");
    expect(await terminalFacts(streams)).toEqual({
      ...{ interactive: true, columns: 100, rows: 30, colourBits: 8, coloursOffBy: null, utf8: true },
      chineseColumns: 2,
    });
    expect(raw).toEqual([true, false]);
    expect(written.at(-1)).toBe("\r\u001b[K");
    expect(input.listenerCount("data")).toBe(0);
  });

  it("finds a terminal that shows Chinese too narrow", async () => {
    expect((await terminalFacts(fakeTerminal("\u001b[1;3R").streams)).chineseColumns).toBe(1);
  });

  it("does not wait for a terminal that does not answer", async () => {
    const { streams, raw } = fakeTerminal(null);
    expect((await terminalFacts(streams)).chineseColumns).toBeNull();
    expect(raw).toEqual([true, false]);
  });

  it.each([
    [{ TERM: "dumb" }, "TERM=dumb", null],
    [{ NO_COLOR: "1", TERM: "xterm" }, "NO_COLOR", 2],
  ])("with %o says what turns colours off", async (environment, off, chineseColumns) => {
    const facts = await terminalFacts(fakeTerminal("\u001b[1;5R", environment).streams);
    expect(facts).toMatchObject({ coloursOffBy: off, chineseColumns, utf8: undefined });
  });

  it.each([
    [{ LC_ALL: "C", LANG: "en_GB.UTF-8" }, false],
    [{ LC_CTYPE: "C.utf8" }, true],
  ])("reads the locale from %o", async (environment, utf8) => {
    expect((await terminalFacts(fakeTerminal("\u001b[1;5R", environment).streams)).utf8).toBe(utf8);
  });
});
