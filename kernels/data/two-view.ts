/**
 * The set `two-view`: two descriptions of the same thing that are independent once its class is known, the assumption of
 * co-training (Blum & Mitchell 1998), and how strongly it is broken as a setting. Both views are normal around a centre of
 * the class, so the best classifier of one view or of both is known in closed form.
 */
import { labelSeed, randomStream } from "../random.ts";
import { DataError, type DataSet } from "./data-set.ts";
import { type DrawnOptions, drawnSet } from "./drawn-set.ts";
import { normalBelow, normalStream } from "./portable-math.ts";

export interface TwoViewOptions extends DrawnOptions {
  /** Numbers of a view (default 8). */
  readonly dimension?: number;
  /** Distance of the two classes' centres in each view, in standard deviations of the noise (default 2). */
  readonly distance?: number;
  /** Correlation of the two views' noise given the class, from 0 (independent) to 1 (default 0). */
  readonly correlation?: number;
}

/** Fields: `first`, `second` [dimension]; `label`, 0 or 1 in turn. */
export function twoView(options: TwoViewOptions = {}): DataSet {
  const { dimension = 8, distance = 2, correlation = 0, seed = 1 } = options;
  if (!(correlation >= 0 && correlation <= 1))
    throw new DataError(
      "set two-view, correlation",
      "a number from 0 to 1",
      String(correlation),
      "Choose one.",
    );
  const directions = [direction(dimension, seed, "first"), direction(dimension, seed, "second")] as const;
  return drawnSet(
    {
      name: "two-view",
      classes: ["minus", "plus"],
      fields: [
        { name: "first", shape: [dimension], role: "input", meaning: "one view" },
        { name: "second", shape: [dimension], role: "input", meaning: "the other view" },
        { name: "label", shape: [], role: "target", values: 2, meaning: "the class" },
      ],
      draw(random, index) {
        const label = index % 2;
        const normal = normalStream(random);
        const side = ((2 * label - 1) * distance) / 2;
        const [shared, own] = [Math.sqrt(correlation), Math.sqrt(1 - correlation)];
        const common = Float64Array.from({ length: dimension }, normal);
        const view = (axis: Float64Array): Float32Array =>
          Float32Array.from(
            common,
            (value, at) => side * (axis[at] as number) + shared * value + own * normal(),
          );
        return { first: view(directions[0]), second: view(directions[1]), label: [label] };
      },
    },
    options,
  );
}

/** Unit vectors along which the classes of the views differ, for a set of these options. */
export function viewDirections({
  dimension = 8,
  seed = 1,
}: TwoViewOptions = {}): readonly [Float64Array, Float64Array] {
  return [direction(dimension, seed, "first"), direction(dimension, seed, "second")];
}

/** The least error of any classifier that sees one view. */
export function oneViewError({ distance = 2 }: TwoViewOptions = {}): number {
  return normalBelow(-distance / 2);
}

/**
 * The least error of any classifier that sees both views: half the Mahalanobis distance of the two centres under the
 * joint noise, whose covariance is the identity in a view and the correlation between equal coordinates of the two.
 */
export function bothViewsError(options: TwoViewOptions = {}): number {
  const { distance = 2, correlation = 0 } = options;
  const [a, b] = viewDirections(options);
  const cosine = a.reduce((sum, value, at) => sum + value * (b[at] as number), 0);
  const square = (2 * distance * distance * (1 - correlation * cosine)) / (1 - correlation * correlation);
  return normalBelow(-Math.sqrt(square) / 2);
}

function direction(dimension: number, seed: number, view: string): Float64Array {
  const normal = normalStream(randomStream(labelSeed(seed, `two-view ${view}`)));
  const vector = Float64Array.from({ length: dimension }, normal);
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / length);
}
