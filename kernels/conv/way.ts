/**
 * What a variant's name says: the algorithm, and `-nhwc` where pixels keep their channels together. Light, for plans and
 * rules.
 */
import type { Layout } from "./shape.ts";

export interface ConvWay {
  readonly algorithm: string;
  readonly layout: Layout;
}

/** The parts of a variant's name. */
export function convWay(variant: string): ConvWay {
  const pixels = variant.endsWith("-nhwc");
  return pixels
    ? { algorithm: variant.slice(0, -"-nhwc".length), layout: "nhwc" }
    : { algorithm: variant, layout: "nchw" };
}

/** The name of an algorithm's variant in a layout. */
export function convVariant(algorithm: string, layout: Layout): string {
  return layout === "nhwc" ? `${algorithm}-nhwc` : algorithm;
}
