/** The encoder by its definition, in double precision: what the float encoder is checked against. */
import { realGelu } from "../real-functions.ts";
import type { EncoderWeights, LinearWeights, NormWeights } from "./encoder.ts";

type Rows = readonly Float64Array[];

/** The last hidden states, one row a token. */
export function referenceEncoder(weights: EncoderWeights, tokens: ArrayLike<number>): Rows {
  const { hidden, length } = weights.shape;
  let rows: Rows = Array.from({ length }, (_, t) =>
    Float64Array.from(
      { length: hidden },
      (_, j) =>
        (weights.words[(tokens[t] as number) * hidden + j] as number) +
        (weights.places[t * hidden + j] as number),
    ),
  );
  rows = normalise(rows, weights.norm);
  for (const layer of weights.layers) {
    const attended = linear(attention(linear(rows, layer.attention), weights.shape.heads), layer.output);
    rows = normalise(sum(rows, attended), layer.norm);
    const between = linear(rows, layer.up).map((row) => row.map(realGelu));
    rows = normalise(sum(rows, linear(between, layer.down)), layer.lastNorm);
  }
  return rows;
}

const sum = (left: Rows, right: Rows): Rows =>
  left.map((row, t) => row.map((value, j) => value + (right[t]?.[j] as number)));

function linear(rows: Rows, { inputs, outputs, weight, bias }: LinearWeights): Rows {
  return rows.map((row) =>
    Float64Array.from({ length: outputs }, (_, o) => {
      let total = bias[o] as number;
      for (let i = 0; i < inputs; i++) total += (row[i] as number) * (weight[o * inputs + i] as number);
      return total;
    }),
  );
}

function attention(rows: Rows, heads: number): Rows {
  const hidden = (rows[0] as Float64Array).length / 3;
  const width = hidden / heads;
  return rows.map((row) => {
    const result = new Float64Array(hidden);
    for (let head = 0; head < heads; head++) {
      const first = head * width;
      const scores = rows.map((other) => {
        let total = 0;
        for (let i = 0; i < width; i++)
          total += (row[first + i] as number) * (other[hidden + first + i] as number);
        return total / Math.sqrt(width);
      });
      const most = Math.max(...scores);
      const shares = scores.map((score) => Math.exp(score - most));
      const all = shares.reduce((total, share) => total + share, 0);
      for (const [t, share] of shares.entries())
        for (let i = 0; i < width; i++)
          (result[first + i] as number) += (share / all) * (rows[t]?.[2 * hidden + first + i] as number);
    }
    return result;
  });
}

function normalise(rows: Rows, { weight, bias }: NormWeights): Rows {
  return rows.map((row) => {
    const mean = row.reduce((total, value) => total + value, 0) / row.length;
    const variance = row.reduce((total, value) => total + (value - mean) ** 2, 0) / row.length;
    return row.map(
      (value, j) => ((value - mean) / Math.sqrt(variance)) * (weight[j] as number) + (bias[j] as number),
    );
  });
}
