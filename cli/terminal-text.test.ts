import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsOf, outputColumns, pad, sanitise, sanitiseLines, truncate, wrap } from "./terminal-text.ts";

describe("sanitise", () => {
  it.each([
    ["colour sequences", "a\u001b[31mred\u001b[0m", "ared"],
    ["a title-setting sequence", "a\u001b]0;owned\u0007b", "ab"],
    ["a hyperlink sequence", "\u001b]8;;http://x\u0007text\u001b]8;;\u0007", "text"],
    ["C1 controls", "a\u009b31mb", "ab"],
    ["bidi overrides", "abc\u202etxt.exe\u202c", "abctxt.exe"],
    ["zero-width spaces", "ker\u200bnel", "kernel"],
    ["line breaks and tabs", "a\r\n\tb", "a b"],
    ["lone surrogates", "a\ud800b", "a\ufffdb"],
  ])("removes %s", (_what, dirty, clean) => {
    expect(sanitise(dirty)).toBe(clean);
  });

  it("keeps Chinese, accents and joined emoji", () => {
    const text = "知识蒸馏 é 👩‍🔬";
    expect(sanitise(text)).toBe(text);
  });

  it("leaves nothing in any string that a terminal would obey", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(sanitise(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it("keeps the lines of a paragraph when asked to", () => {
    expect(sanitiseLines("a\r\nb\u2028\u001b[1mc")).toBe("a\nb\nc");
  });
});

describe("truncate", () => {
  it("counts a Chinese character as two columns", () => {
    expect(columnsOf("蒸馏")).toBe(4);
    expect(truncate("知识蒸馏", 8)).toBe("知识蒸馏");
    expect(truncate("知识蒸馏", 7)).toBe("知识蒸…");
    expect(truncate("知识蒸馏", 6)).toBe("知识…");
  });

  it("does not split a grapheme", () => {
    expect(truncate("👩‍🔬👩‍🔬👩‍🔬", 3)).toBe("👩‍🔬…");
  });

  it("never exceeds the columns it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(30), (text, columns) => {
        expect(columnsOf(truncate(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

describe("pad", () => {
  it("fills by columns, not by characters", () => {
    expect(pad("蒸馏", 6)).toBe("蒸馏  ");
    expect(pad("12", 4, "right")).toBe("  12");
    expect(pad("longer", 3)).toBe("longer");
  });
});

describe("wrap", () => {
  it("breaks English at spaces and Chinese between characters", () => {
    expect(wrap("one two three", 8)).toEqual(["one two", "three"]);
    expect(wrap("知识蒸馏与剪枝", 8)).toEqual(["知识蒸馏", "与剪枝"]);
  });

  it("keeps closing punctuation with the character before it", () => {
    expect(wrap("知识蒸馏,剪枝", 8)).toEqual(["知识蒸", "馏,剪枝"]);
  });

  it("loses no character but spaces, and keeps every line within the columns", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }).map(sanitise),
        fc.integer({ min: 2, max: 40 }),
        (text, columns) => {
          const lines = wrap(text, columns);
          expect(lines.join("").replaceAll(" ", "")).toBe(text.replaceAll(" ", ""));
          for (const line of lines) {
            const graphemes = [...new Intl.Segmenter().segment(line)].length;
            if (graphemes > 1) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
          }
        },
      ),
    );
  });
});

describe("outputColumns", () => {
  const stream = (isTTY: boolean, columns?: number) => ({ isTTY, columns }) as NodeJS.WriteStream;
  it("is the terminal's width, and without end into a pipe", () => {
    expect(outputColumns(stream(true, 132), {})).toBe(132);
    expect(outputColumns(stream(true, 0), {})).toBe(80);
    expect(outputColumns(stream(false), {})).toBe(Number.POSITIVE_INFINITY);
    expect(outputColumns(stream(false), { COLUMNS: "60" })).toBe(60);
    expect(outputColumns(stream(false), { COLUMNS: "wide" })).toBe(Number.POSITIVE_INFINITY);
  });
});
