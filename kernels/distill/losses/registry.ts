/** Every distillation loss, one row each; golden files, studies and documents read this table. */
import { bertIntermediate } from "./bert-intermediate.ts";
import { ce } from "./ce.ts";
import { dafl } from "./dafl.ts";
import { dist } from "./dist.ts";
import { distilbert } from "./distilbert.ts";
import { dkd } from "./dkd.ts";
import { dml } from "./dml.ts";
import { js } from "./js.ts";
import { kd } from "./kd.ts";
import { labelSmoothing } from "./label-smoothing.ts";
import { logitStd } from "./logit-std.ts";
import type { DistillationLoss } from "./loss.ts";
import { minilm } from "./minilm.ts";
import { mlkd } from "./mlkd.ts";
import { mseLogits } from "./mse-logits.ts";
import { rankDistill } from "./rank-distill.ts";
import { skd } from "./skd.ts";
import { srd } from "./srd.ts";
import { sskd } from "./sskd.ts";
import { tinybert } from "./tinybert.ts";

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
  sskd,
  srd,
  skd,
  rankDistill,
  distilbert,
  minilm,
  tinybert,
  bertIntermediate,
  dafl,
];
