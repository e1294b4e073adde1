import fc from "fast-check";
import { read } from "vega";
import { expect, it } from "vitest";
import { csv } from "./csv.ts";

it("is read back as it was by another program's parser", () => {
  const row = fc.record({ name: fc.string(), note: fc.string({ unit: fc.constantFrom(...'a,"\n\r ;') }) });
  fc.assert(
    fc.property(fc.array(row), (rows) => {
      const written = csv<(typeof rows)[number]>(
        [
          ["name", (each) => each.name],
          ["note", (each) => each.note],
        ],
        rows,
      );
      const parsed = read(written, {
        type: "csv",
        parse: {},
      }) as readonly { readonly name: string; readonly note: string }[];
      expect(parsed.map(({ name, note }) => ({ name, note }))).toEqual(rows);
    }),
  );
});

it("writes numbers in full and leaves absent values empty", () => {
  expect(csv<number | null>([["value", (value) => value]], [0.1 + 0.2, null])).toBe(
    "value\n0.30000000000000004\n\n",
  );
});
