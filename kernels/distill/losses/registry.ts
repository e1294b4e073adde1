/** Every distillation loss, one row each; golden files, studies and documents read this table. */
import { ce } from "./ce.ts";
import { dist } from "./dist.ts";
import { dkd } from "./dkd.ts";
import { dml } from "./dml.ts";
import { js } from "./js.ts";
import { kd } from "./kd.ts";
import { labelSmoothing } from "./label-smoothing.ts";
import { logitStd } from "./logit-std.ts";
import type { DistillationLoss } from "./loss.ts";
import { mlkd } from "./mlkd.ts";
import { mseLogits } from "./mse-logits.ts";

export const losses: readonly DistillationLoss[] = [
  ce,
  labelSmoothing,
  mseLogits,
  kd,
  dkd,
  dist,
  logitStd,
  mlkd,
  dml,
  js,
];
