/** The picture of a screen: each text must stand where its cells are, whatever a renderer does with spaces. */
import { expect, test } from "vitest";
import { screenSvg } from "./screen-svg.ts";
import type { ScreenCell } from "./terminal.fixture.ts";

const plainCell: ScreenCell = {
  text: "",
  width: 1,
  colour: undefined,
  background: undefined,
  bold: false,
  dim: false,
  inverse: false,
  underline: false,
};
const row = (text: string): ScreenCell[] => [...text].map((each) => ({ ...plainCell, text: each }));

test("words that are apart on the screen are texts of their own, in their columns", () => {
  const svg = screenSvg([row("All articles     68"), row("a b")], "a list");
  const texts = [...svg.matchAll(/<text x="([\d.]+)"[^>]*textLength="([\d.]+)"[^>]*>([^<]*)</g)].map(
    ([, x, length, text]) => ({ x: Number(x), length: Number(length), text }),
  );
  expect(texts.map(({ text }) => text)).toEqual(["All articles", "68", "a b"]);
  const [words, count] = texts;
  const cell = (words?.length ?? 0) / "All articles".length;
  expect(count?.x).toBeCloseTo((words?.x ?? 0) + 17 * cell, 1);
  expect(count?.length).toBeCloseTo(2 * cell, 1);
});
