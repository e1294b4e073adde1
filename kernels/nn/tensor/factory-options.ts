/** What factories on addresses (kernels/nn/*.ts, kernels/softmax, kernels/conv) are told of an engine. */
import type { Engine } from "./engine.ts";

/**
 * Where and how a factory compiles for an engine. Machine code has longer vectors, and the order of a sum depends on
 * their length: in `strict` it is left to WebAssembly, whose vectors are the same on every machine.
 */
export function factoryOptions({ target, element, arithmetic, memory }: Engine) {
  const strictNative = arithmetic === "strict" && target === "native";
  return { target: strictNative ? ("wasm" as const) : target, element, arithmetic, memory };
}
