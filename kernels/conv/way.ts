/**
 * What a variant's name says: the algorithm, `-nhwc` where pixels keep their channels together, and `-2t` where two
 * threads compute it. Light, for plans and rules.
 */
import type { Layout } from "./shape.ts";

export interface ConvWay {
  readonly algorithm: string;
  readonly layout: Layout;
  readonly threads: number;
}

/** The parts of a variant's name. */
export function convWay(variant: string): ConvWay {
  const [, algorithm, pixels, threads] = /^(.*?)(-nhwc)?(?:-(\d+)t)?$/.exec(variant) as unknown as [
    string,
    string,
    string | undefined,
    string | undefined,
  ];
  return { algorithm, layout: pixels ? "nhwc" : "nchw", threads: Number(threads ?? 1) };
}

/** The name of an algorithm's variant in a layout. */
export function convVariant(algorithm: string, layout: Layout): string {
  return layout === "nhwc" ? `${algorithm}-nhwc` : algorithm;
}
