/**
 * Unfold the whole image, then multiply (Chellapilla et al. 2006). In nchw the product is weights [filters x patch]
 * times unfolded [patch x positions]; in nhwc unfolded [positions x patch] times weights [patch x filters]. Either way
 * the output lies in its own layout, with no copy. The product is the GEMM room's fastest for the shape (`auto`), or in nhwc
 * the register tiles that indirect convolution uses, so that the two differ in nothing but the copy.
 */
import { createGemm, type GemmOptions, gemmWorkspaceBytes } from "../../gemm/gemm.ts";
import type { ConvAlgorithm, MadeConvolution, Workshop } from "../algorithm.ts";
import { accountingOfPasses, padPasses, rowsPasses, unfoldedLength, unfoldPass } from "../passes.ts";
import { allocatedBytes, type ConvProblem, elementBytes, vectorLanes } from "../problem.ts";
import { paddedLength, unfoldProgram } from "../programs/padded.ts";
import { unfoldPixelsProgram } from "../programs/padded-nhwc.ts";
import { stripeWidth } from "../programs/stripes.ts";
import { groupFilters, isUnpadded, outputLength, patchLength, positions, weightsLength } from "../shape.ts";
import { everyImage, paddedImage } from "./images.ts";
import { makeRowProduct, rowCycles, rowPackedBytes } from "./rows.ts";
import { stripeCycles, stripeTile } from "./stripes.ts";

export const im2col: ConvAlgorithm = {
  id: "im2col",
  title: "im2col + GEMM",
  idea: "every patch becomes a column, so that one matrix product does the work",
  source: "Chellapilla, Puri & Simard, High performance convolutional neural networks (IWFHR 2006)",
  refuses: () => null,
  accounting: (problem) => {
    const { shape } = problem;
    const bytes = {
      workspaceBytes:
        (inRows(problem) ? 0 : gemmWorkspaceBytes(productOf(problem))) +
        allocatedBytes(problem, unfoldedLength(shape)) +
        (isUnpadded(shape) ? 0 : allocatedBytes(problem, paddedLength(shape))),
      preparedBytes: inRows(problem) ? rowPackedBytes(problem) : 0,
    };
    const unfolded = unfoldedLength(shape);
    const product = inRows(problem)
      ? rowsPasses(problem, unfolded)
      : [{ stage: "sums", read: unfolded + weightsLength(shape), written: outputLength(shape) }];
    return accountingOfPasses(problem, bytes, [...padPasses(problem), unfoldPass(problem), ...product]);
  },
  cycles: (problem) => (problem.layout === "nchw" ? stripeCycles : rowCycles)(problem),
  fusesEpilogue: inRows,
  sharing: (problem) => (inRows(problem) ? "parts" : "itself"),
  make: (problem, workshop) => (inRows(problem) ? tiles(problem, workshop) : columns(problem, workshop)),
};

/** Whether the product is done by the tiles that indirect convolution has too. */
function inRows({ layout }: ConvProblem): boolean {
  return layout === "nhwc";
}

/**
 * The same with a product that packs nothing: it reads the unfolded matrix and the weights where they lie, by the tile
 * that im2col-pack has. Not in the table; what packing is compared with.
 */
export const im2colUnpacked: ConvAlgorithm<"im2col-unpacked"> = {
  ...im2col,
  id: "im2col-unpacked",
  title: "im2col + GEMM in place",
  idea: "nothing is packed",
  refuses: ({ layout }) => (layout === "nhwc" ? { expected: "nchw", found: layout } : null),
  accounting: (problem) => {
    const whole = im2col.accounting(problem);
    const workspaceBytes = whole.workspaceBytes - gemmWorkspaceBytes(productOf(problem));
    return { ...whole, workspaceBytes };
  },
  make: (problem, workshop) => columns(problem, workshop, inPlaceVariant(problem)),
};

function inPlaceVariant(problem: ConvProblem): string {
  const tile = stripeTile(problem);
  return `direct-${tile.rows}x${stripeWidth(tile)}`;
}

/** The product of one group of one image in nchw. */
function productOf(problem: ConvProblem): Omit<GemmOptions, "memory"> {
  const { shape, target, isa, element, arithmetic, threads } = problem;
  const sides = { m: groupFilters(shape), n: positions(shape), k: patchLength(shape) };
  const options = { variant: "auto", target, shape: sides, element, arithmetic, threads };
  return isa === "wasm" ? options : { ...options, isa };
}

/** nchw: weights times unfolded. */
function columns(problem: ConvProblem, workshop: Workshop, variant = "auto"): MadeConvolution {
  const { shape, element } = problem;
  const bytes = elementBytes(problem);
  const pad = paddedImage(problem, workshop);
  const unfolded = workshop.allocate(allocatedBytes(problem, unfoldedLength(shape)));
  const unfold = workshop.compile(unfoldProgram(shape, vectorLanes(problem), element));
  const gemm = createGemm({ ...productOf(problem), variant, memory: workshop.memory });
  const sides = { m: groupFilters(shape), n: positions(shape), k: patchLength(shape) };
  let own = 0;
  return {
    prepare: (weights) => {
      own = weights;
    },
    run: (input, output) =>
      everyImage(problem, input, output, (from, to) => {
        unfold(pad(from), unfolded);
        for (let group = 0; group < shape.groups; group++)
          gemm.run({
            ...sides,
            a: own + group * sides.m * sides.k * bytes,
            b: unfolded + group * sides.k * sides.n * bytes,
            c: to + group * sides.m * sides.n * bytes,
          });
      }),
    release: () => gemm.release(),
    kernels: gemm.kernels,
  };
}

/** nhwc: rows of the unfolded image by register tiles. */
function tiles(problem: ConvProblem, workshop: Workshop): MadeConvolution {
  const { shape, element } = problem;
  const pad = paddedImage(problem, workshop);
  const unfolded = workshop.allocate(allocatedBytes(problem, unfoldedLength(shape)));
  const unfold = workshop.compile(unfoldPixelsProgram(shape, vectorLanes(problem), element));
  const depth = patchLength(shape);
  const product = makeRowProduct(problem, workshop, {
    source: { kind: "matrix", rowStride: depth },
    ...{ channelStep: 1, taps: 1, channels: depth },
  });
  const ofGroup = positions(shape) * depth * elementBytes(problem);
  return {
    prepare: product.prepare,
    run: (input, output, bias) =>
      everyImage(problem, input, output, (from, to) => {
        unfold(pad(from), unfolded);
        for (let group = 0; group < shape.groups; group++)
          product.run(unfolded + group * ofGroup, bias, to, group, []);
      }),
  };
}
