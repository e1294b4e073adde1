import fc from "fast-check";
import stringWidth from "string-width";
import { expect, it } from "vitest";
import { columnsOf, graphemesOf } from "./text-width.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const segments = (text: string): string[] => Array.from(segmenter.segment(text), ({ segment }) => segment);

it("agrees with the library on every single code unit that is no half of a pair", () => {
  for (let code = 0x20; code <= 0xffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const text = String.fromCharCode(code);
    if (columnsOf(text) !== stringWidth(text)) expect.fail(`U+${code.toString(16)}: ${columnsOf(text)}`);
  }
});

it("agrees with the libraries on texts that mix scripts, marks and emoji", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "知识蒸馏",
      "é",
      "e\u0301",
      "（",
      "——",
      "…",
      "µs",
      "→",
      "👩‍🔬",
      "ｶﾞ",
      "\u200d",
      "か\u3099",
      "©️",
    ),
    fc.string({ unit: "grapheme", maxLength: 3 }),
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join("");
      expect(columnsOf(text)).toBe(stringWidth(text));
      expect(graphemesOf(text)).toEqual(segments(text));
    }),
  );
});
