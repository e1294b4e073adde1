/**
 * Every experiment, by id, topic and claim. Rows are light (no kernel is loaded), so every listing can use them. Where a
 * row's procedure is, only this file knows: a procedure imports its row, never the other way round.
 */
import { attentionFusion } from "./attention/attention-fusion.experiment.ts";
import { graphFusion } from "./compile/graph-fusion.experiment.ts";
import { convAlgorithmsSweep } from "./conv/conv-algorithms.experiment.ts";
import { convAsGemm } from "./conv/conv-as-gemm.experiment.ts";
import { im2colLoops } from "./conv/im2col-loops.experiment.ts";
import { im2colMemory } from "./conv/im2col-memory.experiment.ts";
import { im2colPacking } from "./conv/im2col-packing.experiment.ts";
import { im2colPasses } from "./conv/im2col-passes.experiment.ts";
import { im2colTraffic } from "./conv/im2col-traffic.experiment.ts";
import { indirectConvolution } from "./conv/indirect-convolution.experiment.ts";
import { largeKernels } from "./conv/large-kernels.experiment.ts";
import { networkProfile } from "./conv/network-profile.experiment.ts";
import { winogradChannels } from "./conv/winograd-channels.experiment.ts";
import { studies } from "./distill/studies/registry.ts";
import type { Experiment, ExperimentRow, Procedure } from "./experiment.ts";
import { fmaRounding } from "./fma/fma-rounding.experiment.ts";
import { mmaBlock } from "./fma/mma-block.experiment.ts";
import { gemmLadder } from "./gemm/gemm-ladder.experiment.ts";
import { gemmLoopOrder } from "./gemm/gemm-loop-order.experiment.ts";
import { gemmPredict } from "./gemm/gemm-predict.experiment.ts";
import { gemmRegisterTile } from "./gemm/gemm-register-tile.experiment.ts";
import { gemmTileExactness } from "./gemm/gemm-tile-exactness.experiment.ts";
import { gemmTileSize } from "./gemm/gemm-tile-size.experiment.ts";
import { gemmTiling } from "./gemm/gemm-tiling.experiment.ts";
import { gemmWaterfall } from "./gemm/gemm-waterfall.experiment.ts";
import { gemvIdentity } from "./gemm/gemv-identity.experiment.ts";
import { gemvRate } from "./gemm/gemv-rate.experiment.ts";
import { integerBert } from "./integer/integer-bert.experiment.ts";
import { integerNonlinearities } from "./integer/integer-nonlinearities.experiment.ts";
import { integerSpeed } from "./integer/integer-speed.experiment.ts";
import { rooflineBounds } from "./roofline/roofline-bounds.experiment.ts";
import { adaptiveSoftmax } from "./softmax/adaptive/adaptive-softmax.experiment.ts";
import { softmaxPasses } from "./softmax/softmax-passes.experiment.ts";
import { gemmSchedule } from "./tune/gemm-schedule.experiment.ts";
import { gemmSearch } from "./tune/gemm-search.experiment.ts";
import { specialisedGraph } from "./tune/specialised-graph.experiment.ts";
import { tuneTrials } from "./tune/trials.experiment.ts";

/** All experiments in the order in which `--all` runs them: what is exact or quick first within each subject. */
export const experiments: readonly Experiment[] = [
  experiment(gemmTileExactness, () => import("./gemm/gemm-tile-exactness.ts")),
  experiment(gemmRegisterTile, () => import("./gemm/gemm-register-tile.ts")),
  experiment(gemmLadder, () => import("./gemm/gemm-ladder.ts")),
  experiment(gemmTiling, () => import("./gemm/gemm-tiling.ts")),
  experiment(gemmTileSize, () => import("./gemm/gemm-tile-size.ts")),
  experiment(gemmLoopOrder, () => import("./gemm/gemm-loop-order.ts")),
  experiment(gemmPredict, () => import("./gemm/gemm-predict.ts")),
  experiment(gemmWaterfall, () => import("./gemm/gemm-waterfall.ts")),
  experiment(gemvIdentity, () => import("./gemm/gemv-identity.ts")),
  experiment(gemvRate, () => import("./gemm/gemv-rate.ts")),
  experiment(rooflineBounds, () => import("./roofline/roofline-bounds.ts")),
  experiment(gemmSchedule, () => import("./tune/gemm-schedule.ts")),
  experiment(gemmSearch, () => import("./tune/gemm-search.ts")),
  experiment(specialisedGraph, () => import("./tune/specialised-graph.ts")),
  experiment(graphFusion, () => import("./compile/graph-fusion.ts")),
  experiment(attentionFusion, () => import("./attention/attention-fusion.ts")),
  experiment(fmaRounding, () => import("./fma/fma-rounding.ts")),
  experiment(mmaBlock, () => import("./fma/mma-block.ts")),
  experiment(convAsGemm, () => import("./conv/conv-as-gemm.ts")),
  experiment(im2colPasses, () => import("./conv/im2col-passes.ts")),
  experiment(im2colMemory, () => import("./conv/im2col-memory.ts")),
  experiment(im2colLoops, () => import("./conv/im2col-loops.ts")),
  experiment(im2colPacking, () => import("./conv/im2col-packing.ts")),
  experiment(indirectConvolution, () => import("./conv/indirect-convolution.ts")),
  experiment(convAlgorithmsSweep, () => import("./conv/conv-algorithms.ts")),
  experiment(im2colTraffic, () => import("./conv/im2col-traffic.ts")),
  experiment(winogradChannels, () => import("./conv/winograd-channels.ts")),
  experiment(largeKernels, () => import("./conv/large-kernels.ts")),
  experiment(networkProfile, () => import("./conv/network-profile.ts")),
  experiment(adaptiveSoftmax, () => import("./softmax/adaptive/adaptive-softmax.ts")),
  experiment(softmaxPasses, () => import("./softmax/softmax-passes.ts")),
  ...studies,
  experiment(integerNonlinearities, () => import("./integer/integer-nonlinearities.ts")),
  experiment(integerSpeed, () => import("./integer/integer-speed.ts")),
  experiment(integerBert, () => import("./integer/integer-bert.ts")),
];

function experiment(row: ExperimentRow, file: () => Promise<{ readonly procedure: Procedure }>): Experiment {
  return { ...row, load: async () => (await file()).procedure };
}

/** What runs in the child process without being listed: the trials of a search (tune/). */
const unlisted: readonly Experiment[] = [experiment(tuneTrials, () => import("./tune/trials.ts"))];

/** The experiment with this id, listed or not: what the child process looks its job up in. */
export function runnableById(id: string): Experiment | undefined {
  return [...experiments, ...unlisted].find((each) => each.id === id);
}

/** The experiment with this id, or undefined. */
export function experimentById(id: string): Experiment | undefined {
  return experiments.find((experiment) => experiment.id === id);
}

/** The experiment that tests a claim, or undefined while none does. */
export function experimentForClaim(claim: string): Experiment | undefined {
  return experiments.find((experiment) => experiment.claims.some((test) => test.claim === claim));
}

/** Experiments of any of these topics. The caller expands a topic to its subtree, which only the catalog knows. */
export function experimentsForTopics(topics: Iterable<string>): readonly Experiment[] {
  const wanted = new Set(topics);
  return experiments.filter((experiment) => experiment.topics.some((topic) => wanted.has(topic)));
}
