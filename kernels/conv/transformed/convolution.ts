/**
 * A convolution by way of a transform domain, ready to run: weights are mapped and put into panels once; a run pads the
 * image, and then for a block of rows of tiles at a time maps it, multiplies, maps back and delivers, so that what lies
 * between the stages stays in the second-level cache. Groups are convolutions of their own on the same workspace.
 */
import type { MadeConvolution, Workshop } from "../algorithm.ts";
import { everyImage } from "../algorithms/images.ts";
import { allocatedBytes, type ConvProblem, elementBytes } from "../problem.ts";
import { groupChannels, groupFilters, outputHeight, outputWidth, taps, weightsLength } from "../shape.ts";
import { deliverProgram, gatherProgram, type OuterImage } from "./image.ts";
import type { TileMethod } from "./method.ts";
import {
  blocksOf,
  productOf,
  type TransformedLengths,
  type TransformedPlan,
  transformedPlan,
} from "./plan.ts";
import { batchedProductProgram, weightPlace } from "./product.ts";

/** The image of one group as the caller has it. */
function outerImages({ shape, layout }: ConvProblem): {
  readonly input: OuterImage;
  readonly output: OuterImage;
} {
  const of = (rows: number, columns: number, all: number): OuterImage => ({
    ...{ layout, rows, columns, channels: all / shape.groups },
    pitch: layout === "nchw" ? rows * columns : all,
  });
  return {
    input: of(shape.height, shape.width, shape.channels),
    output: of(outputHeight(shape), outputWidth(shape), shape.filters),
  };
}

type Places = Readonly<Record<keyof TransformedLengths, number>>;

/** Compiles the stages and allocates what lies between them. */
export function makeTransformed(
  method: TileMethod,
  problem: ConvProblem,
  workshop: Workshop,
): MadeConvolution {
  const { shape, element } = problem;
  const plan = transformedPlan(method, problem);
  const bytes = elementBytes(problem);
  const places = Object.fromEntries(
    Object.entries(plan.lengths).map(([name, length]) => [
      name,
      workshop.allocate(allocatedBytes(problem, length as number)),
    ]),
  ) as Places;
  const weights = workshop.allocate(allocatedBytes(problem, shape.groups * plan.weightsOfGroup));
  const stages = stagesOf(plan, problem, workshop, places);
  const outer = outerImages(problem);
  const groupOffset = ({ channels, pitch }: OuterImage): number =>
    channels * (problem.layout === "nchw" ? pitch : 1) * bytes;
  const filters = groupFilters(shape);
  return {
    prepare: (given) =>
      mapWeights(
        plan,
        problem,
        workshop.memory.view(element, given, weightsLength(shape)),
        workshop,
        weights,
      ),
    run: (input, output, bias, residual) =>
      everyImage(problem, input, output, (from, to) => {
        for (let group = 0; group < shape.groups; group++) {
          const own =
            bias === 0 ? undefined : workshop.memory.view(element, bias + group * filters * bytes, filters);
          if (own) workshop.memory.view(element, places.bias, filters).set(own);
          stages.gather(from + group * groupOffset(outer.input));
          stages.blocks(
            weights + group * plan.weightsOfGroup * bytes,
            to + group * groupOffset(outer.output),
            residual,
          );
        }
      }),
  };
}

/** The stages of one group of one image as functions of addresses. */
function stagesOf(plan: TransformedPlan, problem: ConvProblem, workshop: Workshop, places: Places) {
  const { method, domain, padded, productTile, element } = plan;
  const { shape, layout } = problem;
  const { input, output } = outerImages(problem);
  const inner = { channelPitch: domain.filterPitch, rowPitch: domain.stripeRow, first: 0 };
  const gather = workshop.compile(gatherProgram(input, padded, domain));
  const forth = workshop.compile(method.inputProgram(domain));
  const back = workshop.compile(method.outputProgram(domain));
  const deliver = workshop.compile(deliverProgram(output, inner, domain, problem.epilogue));
  const blocks = blocksOf(plan);
  const products = new Map(
    [...new Set(blocks.map(({ rows }) => rows))].map((rows) => [
      rows,
      workshop.compile(
        batchedProductProgram(productOf(plan, groupChannels(shape), rows), productTile, element),
      ),
    ]),
  );
  const bytes = elementBytes(problem);
  const outputRow = output.columns * (layout === "nchw" ? 1 : output.pitch) * bytes;
  const { y } = method.step;
  return {
    gather: (from: number): void => gather(from, places.image, shape.height),
    blocks: (weights: number, to: number, residual: number): void => {
      for (const { first, rows } of blocks) {
        const image = places.image + first * y * domain.imageRow * bytes;
        forth(image, places.inputPoints, places.buffer, rows);
        products.get(rows)?.(places.inputPoints, weights, places.outputPoints);
        back(places.outputPoints, places.stripe, places.bias, places.buffer, rows);
        const outputRows = Math.min(rows * y, output.rows - first * y);
        const shortcut = problem.epilogue.residual ? [residual] : [];
        deliver(to + first * y * outputRow, places.stripe, outputRows, ...shortcut);
      }
    },
  };
}

/** Maps every kernel in double precision and writes it into the panels that the product reads. */
function mapWeights(
  plan: TransformedPlan,
  { shape }: ConvProblem,
  given: Float32Array | Float64Array,
  workshop: Workshop,
  into: number,
): void {
  const { method, domain, productTile, weightsOfGroup, element } = plan;
  const [channels, filters, area] = [groupChannels(shape), groupFilters(shape), taps(shape)];
  const all = workshop.memory.view(element, into, shape.groups * weightsOfGroup);
  const points = new Float64Array(method.points);
  const kernel = new Float64Array(area);
  const plane = channels * domain.filterPitch;
  for (let filter = 0; filter < shape.filters; filter++) {
    const group = Math.floor(filter / filters);
    for (let channel = 0; channel < channels; channel++) {
      const first = (filter * channels + channel) * area;
      kernel.set(given.subarray(first, first + area));
      method.mapKernel(kernel, points);
      const place = weightPlace(
        { channels, filterPitch: domain.filterPitch },
        productTile,
        channel,
        filter % filters,
      );
      for (let p = 0; p < method.points; p++)
        all[group * weightsOfGroup + p * plane + place] = points[p] as number;
    }
  }
}
