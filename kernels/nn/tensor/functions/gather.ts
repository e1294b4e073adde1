/** Rows and elements by their numbers: embeddings, and the probability of a label. */
import type { Engine } from "../engine.ts";
import type { Indices } from "../indices.ts";
import { gatherProgram, scatterAddProgram } from "../programs/gather.ts";
import { record } from "../record.ts";
import { shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { reshape } from "./move.ts";

/** Rows of a table [rows, width] by their numbers: [indices, width]. @throws RangeError for indices of another table */
export function gather(table: Tensor, indices: Indices): Tensor {
  const [rows, width] = table.shape;
  if (rows === undefined || width === undefined || table.shape.length !== 2 || rows !== indices.limit)
    throw new RangeError(
      `expected a table of ${indices.limit} rows, which the indices are made for; found ${shapeText(table.shape)}`,
    );
  const { engine } = table;
  const made = engine.tensor([indices.size, width]);
  kernelOf(engine, "gather", width)(indices.size, indices.address, table.address, made.address);
  return record(made, [table], (gradient) => {
    const whole = engine.tensor(table.shape, 0);
    kernelOf(engine, "scatterAdd", width)(indices.size, indices.address, whole.address, gradient.address);
    return [whole];
  });
}

/** One element of each row of [rows, classes]: that of the row's label. */
export function pick(x: Tensor, labels: Indices): Tensor {
  const [rows, classes] = x.shape;
  if (x.shape.length !== 2 || rows !== labels.size || classes !== labels.limit)
    throw new RangeError(
      `expected [${labels.size}, ${labels.limit}] for these labels; found ${shapeText(x.shape)}`,
    );
  const { engine } = x;
  const places = engine.indices(
    labels.values.map((label, row) => row * classes + label),
    x.size,
  );
  return reshape(gather(reshape(x, [x.size, 1]), places), [labels.size]);
}

function kernelOf(engine: Engine, what: "gather" | "scatterAdd", width: number) {
  const { element } = engine;
  const lanes = width === 1 ? 1 : engine.lanes;
  const write = what === "gather" ? gatherProgram : scatterAddProgram;
  return engine.kernel(`${what} ${width}`, () => write({ element, lanes, width }));
}
