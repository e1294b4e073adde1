/** Every distillation loss, one row each; golden files, studies and documents read this table. */
import { ab } from "./ab.ts";
import { at } from "./at.ts";
import { bertIntermediate } from "./bert-intermediate.ts";
import { cc } from "./cc.ts";
import { ce } from "./ce.ts";
import { crd } from "./crd.ts";
import { dafl } from "./dafl.ts";
import { dist } from "./dist.ts";
import { distilbert } from "./distilbert.ts";
import { dkd } from "./dkd.ts";
import { dml } from "./dml.ts";
import { fitnet } from "./fitnet.ts";
import { fsp } from "./fsp.ts";
import { ft } from "./ft.ts";
import { ickd } from "./ickd.ts";
import { js } from "./js.ts";
import { kd } from "./kd.ts";
import { kdsvd } from "./kdsvd.ts";
import { kta } from "./kta.ts";
import { labelSmoothing } from "./label-smoothing.ts";
import { logitStd } from "./logit-std.ts";
import type { DistillationLoss } from "./loss.ts";
import { minilm } from "./minilm.ts";
import { mlkd } from "./mlkd.ts";
import { mseLogits } from "./mse-logits.ts";
import { nst } from "./nst.ts";
import { ofd } from "./ofd.ts";
import { pad } from "./pad.ts";
import { pkt } from "./pkt.ts";
import { rankDistill } from "./rank-distill.ts";
import { reviewkd } from "./reviewkd.ts";
import { rkd } from "./rkd.ts";
import { skd } from "./skd.ts";
import { sp } from "./sp.ts";
import { srd } from "./srd.ts";
import { sskd } from "./sskd.ts";
import { structuredKd } from "./structured-kd.ts";
import { tinybert } from "./tinybert.ts";
import { vid } from "./vid.ts";

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
  fitnet,
  at,
  ft,
  ab,
  vid,
  ofd,
  reviewkd,
  nst,
  kta,
  pad,
  sp,
  cc,
  rkd,
  pkt,
  fsp,
  kdsvd,
  ickd,
  crd,
  structuredKd,
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
