import { expect, it } from "vitest";
import { type Column, table } from "./table.ts";
import { columnsOf } from "./terminal-text.ts";

interface Row {
  id: string;
  title: string;
  count: number;
}
const columns: Column<Row>[] = [
  { title: "id", text: (row) => row.id },
  { title: "title", text: (row) => row.title, flex: 1 },
  { title: "articles", text: (row) => String(row.count), align: "right" },
];
const rows: Row[] = [
  { id: "tiling", title: "分块 (blocking)", count: 3 },
  { id: "gemm", title: "通用矩阵乘", count: 12 },
];

it("aligns columns that hold Chinese and Latin text", () => {
  expect(table(columns, rows, { width: Number.POSITIVE_INFINITY })).toEqual([
    "id      title            articles",
    "tiling  分块 (blocking)         3",
    "gemm    通用矩阵乘             12",
  ]);
});

it("shortens only the flexible column when the terminal is narrow", () => {
  expect(table(columns, rows, { width: 28 })).toEqual([
    "id      title       articles",
    "tiling  分块 (blo…         3",
    "gemm    通用矩阵乘        12",
  ]);
});

it("fits any width down to the narrowest cells", () => {
  for (let width = 25; width < 60; width++) {
    for (const line of table(columns, rows, { width })) expect(columnsOf(line)).toBeLessThanOrEqual(width);
  }
});

it("takes what a cell says as data", () => {
  const hostile = [{ id: "\u001b[2Jx", title: "a\nb\u202ec", count: 1 }];
  expect(table(columns, hostile, { width: 80 })[1]).toBe("x   a bc          1");
});

it("styles a cell after it was cut, and the titles apart", () => {
  const styled = columns.map((column) => ({ ...column, style: (text: string) => `<${text}>` }));
  const [titles, first] = table(styled, rows, { width: 28, heading: (text) => text.toUpperCase() });
  expect(titles).toBe("ID      TITLE       ARTICLES");
  expect(first).toBe("<tiling>  <分块 (blo…>  <       3>");
});

it("shows the titles alone where there is no row", () => {
  expect(table(columns, [], { width: 80 })).toEqual(["id  title  articles"]);
});

it("sets the cells of a tree in", () => {
  const tree = columns.map((column, at) => ({
    ...column,
    indent: (row: Row) => (at === 0 && row.id === "gemm" ? 2 : 0),
  }));
  expect(table(tree, rows, { width: 80 })[2]).toBe("  gemm  通用矩阵乘             12");
});
