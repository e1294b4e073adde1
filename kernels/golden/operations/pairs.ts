/** Parameters that PyTorch takes as one number for both directions or as two, height first. */
import { z } from "zod";
import type { PerAxis } from "../../nn/pool-windows.ts";

/** A number, or a list of one or two, as one number for each direction. */
export const pair = z
  .union([z.int().transform((n): [number, number] => [n, n]), z.array(z.int()).min(1).max(2)])
  .transform(([y = 0, x = y]): PerAxis => ({ y, x }));
