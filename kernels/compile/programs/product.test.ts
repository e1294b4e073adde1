import { describe, expect, it } from "vitest";
import { compile } from "../../codegen/compile.ts";
import { Memory } from "../../codegen/memory.ts";
import { nativeAvailability } from "../../native/availability.ts";
import { randomStream } from "../../random.ts";
import { valueIn } from "../arithmetic.ts";
import { type Expression, single } from "../expression.ts";
import { randomValues } from "../random-graph.fixture.ts";
import { type ProductSpecification, packPanels, packRows, panelElements, productProgram } from "./product.ts";

const targets = ["js", "wasm", ...(nativeAvailability().available ? (["native"] as const) : [])] as const;
/** Elements on both sides of C that nobody may touch. */
const guard = 64;
const guarded = -12345;

/** Bias for each column, one for each row, and a shortcut: every way an operand can lie. */
const epilogues: Readonly<Record<string, Expression | undefined>> = {
  none: undefined,
  light: {
    operands: 4,
    steps: [
      { apply: "add", of: [0, 1] },
      { apply: "add", of: [4, 2] },
      { apply: "add", of: [5, 3] },
      { apply: "relu", of: [6] },
    ],
  },
  heavy: {
    operands: 4,
    steps: [
      { apply: "add", of: [0, 1] },
      { apply: "mul", of: [4, 2] },
      { apply: "tanh", of: [5] },
      { apply: "add", of: [6, 3] },
    ],
  },
};

describe.each(targets)("a product on %s", (target) => {
  const lanes = target === "native" ? 8 : 4;
  const tile = { rows: 3, vectors: 2, lanes };
  const edge = tile.vectors * lanes;
  const sizes = [1, 2, 3, 4, 7].flatMap((m) =>
    [1, lanes, edge - 1, edge, edge + 1, 2 * edge + 3].map((n) => [m, n] as const),
  );

  it.each(["panels", "rows"] as const)(
    "of every edge of a tile, B in %s, leaves what lies beside C",
    (how) => {
      for (const [name, expression] of Object.entries(epilogues))
        for (const [m, n] of sizes) {
          const wrong = differing({ m, n, k: 1 + ((m * n) % 6), how, expression });
          expect(wrong, `${m}x${n} ${name}`).toBeNull();
        }
    },
  );

  it("in blocks of rows, and stacked with the right operand shared", () => {
    expect(
      differing({ m: 23, n: 10, k: 9, how: "panels", expression: epilogues.light, blockBytes: 200 }),
    ).toBeNull();
    expect(differing({ m: 5, n: 10, k: 9, how: "rows", expression: epilogues.heavy, count: 3 })).toBeNull();
  });

  interface Trial {
    readonly m: number;
    readonly n: number;
    readonly k: number;
    readonly how: "panels" | "rows" | "both panels";
    readonly expression: Expression | undefined;
    readonly blockBytes?: number;
    readonly count?: number;
  }

  /** Where C differs from the definition, or something beside it was written. */
  function differing({ m, n, k, how, expression, blockBytes = 2 ** 17, count = 1 }: Trial): string | null {
    const random = randomStream(m * 1000 + n);
    const memory = new Memory(2 ** 16 * 4);
    const filled = (length: number) => {
      const allocation = memory.allocate("f32", length);
      allocation.view.set(randomValues(length, random));
      return allocation;
    };
    const [a, b] = [filled(count * m * k), filled(k * n)];
    const extras = [filled(n), filled(m), filled(count * m * n)];
    const panels = memory.allocate("f32", panelElements(n, k, tile));
    packPanels(b.view, { row: n, column: 1 }, { n, k }, tile, panels.view);
    const rows = memory.allocate("f32", m * k);
    packRows(a.view, { m, k }, tile, rows.view);
    const c = memory.allocate("f32", count * m * n + 2 * guard);
    c.view.fill(guarded);
    const operands = [
      { row: 0, column: 1 },
      { row: 1, column: 0 },
      { row: n, column: 1 },
    ];
    const specification: ProductSpecification = {
      ...{ m, n, k, tile, blockBytes, count },
      a: how === "both panels" ? "panels" : { row: k, column: 1 },
      b: how === "rows" ? { row: n } : "panels",
      distance: { a: m * k, b: 0, c: m * n, extra: expression ? [0, 0, m * n] : [] },
      ...(expression ? { epilogue: { expression, operands } } : {}),
    };
    const level = target === "native" ? ({ isa: "avx2" } as const) : {};
    const kernel = compile(productProgram(specification), target, memory, level);
    const right = how === "rows" ? b.address : panels.address;
    const left = how === "both panels" ? rows.address : a.address;
    const others = expression ? extras.map(({ address }) => address) : [];
    kernel.call(left, right, c.address + 4 * guard, ...others);
    for (let at = 0; at < c.view.length; at++) {
      const [place, found] = [at - guard, c.view[at] as number];
      const inside = place >= 0 && place < count * m * n;
      const wanted = inside ? expected(place) : guarded;
      if (!(Math.abs(found - wanted) <= (inside ? 1e-5 : 0)))
        return `C[${place}]: expected ${wanted}, found ${found}`;
    }
    return null;

    function expected(place: number): number {
      const [row, column] = [Math.floor(place / n), place % n];
      let total = 0;
      for (let p = 0; p < k; p++)
        total += (a.view[row * k + p] as number) * (b.view[p * n + column] as number);
      const given = [extras[0]?.view[column], extras[1]?.view[row % m], extras[2]?.view[place]] as number[];
      return expression ? valueIn(expression, [total, ...given]) : total;
    }
  }
});

it("says in its code what it does, with every size a number", () => {
  const program = productProgram({
    ...{ m: 2, n: 4, k: 3, count: 1, b: { row: 4 }, a: { row: 3, column: 1 }, blockBytes: 2 ** 17 },
    ...{ tile: { rows: 2, vectors: 1, lanes: 4 }, distance: { a: 0, b: 0, c: 0, extra: [] } },
    epilogue: { expression: single("relu", 1), operands: [] },
  });
  const { text } = compile(program, "js", new Memory(0));
  expect(text).toContain("function product_2x4x3(a, b, c)");
  expect(text).not.toMatch(/\bm\b|\bn\b|\bk\b/);
});
