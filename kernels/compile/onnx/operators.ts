/** The table of ONNX operators that are read, by the names that the standard gives them. */

import type { NodeReader } from "./node-reader.ts";
import { arithmetic } from "./operators-arithmetic.ts";
import { layers } from "./operators-layers.ts";
import { movement } from "./operators-movement.ts";

/** Turns one node of a file into nodes of the graph. */
export type Importer = (node: NodeReader) => void;

export const onnxOperators: Readonly<Record<string, Importer>> = { ...arithmetic, ...layers, ...movement };

/** The names, for a person. */
export function supportedText(): string {
  return Object.keys(onnxOperators).sort().join(", ");
}
