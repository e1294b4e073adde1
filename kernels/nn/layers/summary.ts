/** A network as a table: its layers, what comes out of each, its parameters and operations. */
import { type Shape, shapeText } from "../tensor/shapes.ts";
import { type Layer, parameterCount } from "./layer.ts";

export interface SummaryRow {
  /** As parameters name it: `0.body.1`. */
  readonly name: string;
  readonly kind: string;
  /** Of one example. */
  readonly output: Shape;
  readonly parameters: number;
  readonly flops: number;
}

/**
 * The layers in the order in which an example has passed them. Of a layer that is made of others what it does beside them,
 * such as the sum of a shortcut; no row where that is nothing. So rows add up to the whole.
 */
export function summaryRows(network: Layer, input: Shape): readonly SummaryRow[] {
  const rows: SummaryRow[] = [];
  network.cost(input, (name, layer, { output, flops }) => {
    const inner = rows.filter((row) => row.name.startsWith(`${name}.`));
    const own = (total: number, count: (row: SummaryRow) => number): number =>
      inner.reduce((left, row) => left - count(row), total);
    const row = {
      ...{ name, kind: layer.kind ?? "function", output },
      parameters: own(parameterCount(layer), (each) => each.parameters),
      flops: own(flops, (each) => each.flops),
    };
    if (inner.length === 0 || row.parameters + row.flops > 0) rows.push(row);
  });
  return rows;
}

/** The table as text, with the network's own counts below. Operations are those of one example, forward. */
export function summaryText(network: Layer, input: Shape): string {
  const count = (value: number): string => value.toLocaleString("en-US");
  const total = network.cost(input);
  const lines = [
    ["layer", "kind", "output", "parameters", "operations"],
    ...summaryRows(network, input).map(({ name, kind, output, parameters, flops }) => [
      ...[name, kind, shapeText(output), count(parameters), count(flops)],
    ]),
    ["", "all", shapeText(total.output), count(parameterCount(network)), count(total.flops)],
  ];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...lines.map((line) => (line[column] as string).length)),
  );
  const padded = (cell: string, column: number): string =>
    column < 3 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number);
  return lines.map((line) => line.map(padded).join("  ").trimEnd()).join("\n");
}
