/**
 * Observers look at the numbers that pass a place of a network and say afterwards which range its quantiser should have:
 * all of it, or all but a share of outliers, which would make every other step coarse (Wu et al. 2020, section 4).
 */
import { affine, type Quantiser, type QuantiserOptions, symmetric } from "./quantiser.ts";

export interface Range {
  readonly low: number;
  readonly high: number;
}

export interface Observer {
  observe(values: ArrayLike<number>): void;
  /** @throws RangeError where nothing was observed */
  range(): Range;
}

function nothing(): never {
  throw new RangeError(
    "observer: expected numbers before their range is asked for; found none; calibrate first",
  );
}

/** From the least to the greatest number; NaN is left out. */
export class MinMaxObserver implements Observer {
  #low = Number.POSITIVE_INFINITY;
  #high = Number.NEGATIVE_INFINITY;

  observe(values: ArrayLike<number>): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      if (value < this.#low) this.#low = value;
      if (value > this.#high) this.#high = value;
    }
  }

  range(): Range {
    return this.#low > this.#high ? nothing() : { low: this.#low, high: this.#high };
  }
}

/** Numbers that a percentile observer keeps at most: 64 MiB. */
const mostKept = 2 ** 24;

/** From one percentile to the one as far from the other end: 99.9 leaves out the outer thousandth on each side. */
export class PercentileObserver implements Observer {
  readonly #share: number;
  readonly #kept: Float32Array[] = [];
  #count = 0;

  constructor(percentile: number) {
    if (!(percentile > 50 && percentile <= 100))
      throw new RangeError(`observer: expected a percentile above 50, up to 100; found ${percentile}`);
    this.#share = percentile / 100;
  }

  observe(values: ArrayLike<number>): void {
    if (this.#count + values.length > mostKept)
      throw new RangeError(
        `observer: expected at most ${mostKept} numbers; found ${this.#count + values.length}; calibrate on fewer`,
      );
    const kept = Float32Array.from(values).filter((value) => !Number.isNaN(value));
    this.#kept.push(kept);
    this.#count += kept.length;
  }

  range(): Range {
    if (this.#count === 0) nothing();
    const all = new Float32Array(this.#count);
    let at = 0;
    for (const part of this.#kept) {
      all.set(part, at);
      at += part.length;
    }
    all.sort();
    const last = this.#count - 1;
    const place = Math.round(last * this.#share);
    return { low: all[last - place] as number, high: all[place] as number };
  }
}

/** The symmetric quantiser of an observed range. */
export function symmetricOf({ low, high }: Range, options: Pick<QuantiserOptions, "bits"> = {}): Quantiser {
  return symmetric(Math.max(Math.abs(low), Math.abs(high)), options);
}

/** The affine quantiser of an observed range. */
export const affineOf = ({ low, high }: Range, options: QuantiserOptions = {}): Quantiser =>
  affine(low, high, options);

/** One symmetric quantiser for each row of a matrix: the output channels of a layer's weights. */
export function symmetricRows(
  values: ArrayLike<number>,
  rows: number,
  options: Pick<QuantiserOptions, "bits"> = {},
): Quantiser[] {
  const length = values.length / rows;
  if (!Number.isInteger(length))
    throw new RangeError(`quantiser: expected ${rows} rows of equal length; found ${values.length} numbers`);
  return Array.from({ length: rows }, (_, row) => {
    let largest = 0;
    for (let i = 0; i < length; i++)
      largest = Math.max(largest, Math.abs(values[row * length + i] as number));
    return symmetric(largest, options);
  });
}
