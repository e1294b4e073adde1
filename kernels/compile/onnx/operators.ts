/** The table of ONNX operators that are read, by the names that the standard gives them. */

import type { Importer } from "./node-reader.ts";
import { arithmetic } from "./operators-arithmetic.ts";
import { layers } from "./operators-layers.ts";
import { movement } from "./operators-movement.ts";

export const onnxOperators: Readonly<Record<string, Importer>> = { ...arithmetic, ...layers, ...movement };

/** The names, for a person. */
export function supportedText(): string {
  return Object.keys(onnxOperators).sort().join(", ");
}
