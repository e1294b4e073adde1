/** Constants as bytes in the literal pool behind the code, where instructions read them relative to themselves. */
import { bytesOf, type Element } from "../expressions.ts";
import type { Assembler } from "./assembler.ts";
import type { Label } from "./operands.ts";

const views = { f32: Float32Array, f64: Float64Array, i32: Int32Array } as const;

/** The label of these elements in the pool, aligned to their whole length. */
export function literalOf(assembler: Assembler, element: Element, values: readonly number[]): Label {
  const { buffer } = new views[element](values);
  return assembler.literal(new Uint8Array(buffer), values.length * bytesOf[element]);
}
