/** What the element type and the lanes of a value say of instructions and registers. */
import { bytesOf, type VectorType } from "../expressions.ts";

/** `ps`, `sd` …: how instructions on this type end. */
export function suffixOf({ element, lanes }: VectorType): "ps" | "pd" | "ss" | "sd" {
  const double = element === "f64";
  return lanes > 1 ? (double ? "pd" : "ps") : double ? "sd" : "ss";
}

/** Bits of the register that holds a value of this type. */
export function bitsOf({ element, lanes }: VectorType): 128 | 256 | 512 {
  return lanes === 1 ? 128 : ((lanes * bytesOf[element] * 8) as 128 | 256 | 512);
}
