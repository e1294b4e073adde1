/** The table of all ways to compute a convolution, in the order in which a reader should meet them. */
import { ProgramError } from "../codegen/errors.ts";
import type { ConvAlgorithm } from "./algorithm.ts";
import { depthwise } from "./algorithms/depthwise.ts";
import { direct } from "./algorithms/direct.ts";
import { fft } from "./algorithms/fft.ts";
import { im2col } from "./algorithms/im2col.ts";
import { im2colPack } from "./algorithms/im2col-pack.ts";
import { implicit } from "./algorithms/implicit.ts";
import { indirect } from "./algorithms/indirect.ts";
import { pointwise } from "./algorithms/pointwise.ts";
import { winogradLarge, winogradSmall } from "./algorithms/winograd.ts";

export const convAlgorithms: readonly ConvAlgorithm[] = [
  direct,
  im2col,
  im2colPack,
  implicit,
  indirect,
  pointwise,
  winogradSmall,
  winogradLarge,
  fft,
  depthwise,
];

/** The row of an algorithm. @throws ProgramError for an id that no row has. */
export function convAlgorithm(id: string): ConvAlgorithm {
  const found = convAlgorithms.find((row) => row.id === id);
  if (found) return found;
  throw new ProgramError("convolution", {
    expected: `an algorithm: ${convAlgorithms.map((row) => row.id).join(", ")}`,
    found: `"${id}"`,
    remedy: "Choose one of the list.",
  });
}
