/** Every distillation loss, one row each; golden files, studies and documents read this table. */
import { kd } from "./kd.ts";
import type { DistillationLoss } from "./loss.ts";

export const losses: readonly DistillationLoss[] = [kd];
