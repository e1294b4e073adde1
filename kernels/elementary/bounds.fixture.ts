/** The errors that README.md states, in units of the last place; tests hold the kernels to them. */
import type { ElementaryName } from "./functions.ts";
import type { RealElement } from "./intervals.ts";

/** f32: over all 2^32 inputs. f64: over samples. */
export const bounds: Readonly<Record<ElementaryName, Readonly<Record<RealElement, number>>>> = {
  exp: { f32: 1.25, f64: 1.25 },
  exp2: { f32: 1.25, f64: 1.25 },
  log: { f32: 1, f64: 1 },
  tanh: { f32: 1.5, f64: 1.5 },
  sigmoid: { f32: 2.5, f64: 2.5 },
  erf: { f32: 1.5, f64: 1.5 },
};
