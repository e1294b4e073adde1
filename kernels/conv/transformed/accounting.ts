/**
 * What a convolution by way of a transform domain takes, moves and multiplies. Vectors are counted whole: what is
 * filled up with zeros is moved and multiplied like the rest.
 */
import { type Accounting, accountingOf, type Stage } from "../accounting.ts";
import { allocatedBytes, type ConvProblem, elementBytes } from "../problem.ts";
import { groupChannels, groupFilters, outputHeight, outputWidth } from "../shape.ts";
import { movedChannels } from "./image.ts";
import type { TileMethod } from "./method.ts";
import { blocksOf, type TransformedPlan, transformedPlan } from "./plan.ts";

/** The accounting of one method on a problem that it takes. */
export function transformedAccounting(method: TileMethod, problem: ConvProblem): Accounting {
  const { shape, batch } = problem;
  const plan = transformedPlan(method, problem);
  const times = batch * shape.groups;
  const tiles = plan.tileRows * plan.domain.tileColumns;
  const lengths = Object.values(plan.lengths) as number[];
  return accountingOf({
    workspaceBytes: lengths.reduce((sum, length) => sum + allocatedBytes(problem, length), 0),
    preparedBytes: allocatedBytes(problem, shape.groups * plan.weightsOfGroup),
    stages: stagesOfGroup(problem, plan).map(
      ([stage, read, written]): Stage => ({
        stage,
        readBytes: times * read * elementBytes(problem),
        writtenBytes: times * written * elementBytes(problem),
      }),
    ),
    multiplications: times * method.points * tiles * groupChannels(shape) * plan.domain.filterPitch,
  });
}

/** Stage, elements read and elements written of one group of one image. */
function stagesOfGroup(
  problem: ConvProblem,
  plan: TransformedPlan,
): readonly (readonly [string, number, number])[] {
  const { shape, layout, epilogue } = problem;
  const { method, domain, tileRows } = plan;
  const { channelPitch, filterPitch, imageRow, stripeRow, tileColumns } = domain;
  const [channels, filters] = [groupChannels(shape), groupFilters(shape)];
  const blocks = blocksOf(plan);
  const tiles = tileRows * tileColumns;
  const pixels = shape.height * shape.width;
  const rows = outputHeight(shape);
  const outputs = rows * outputWidth(shape);
  const imageRows = blocks.reduce((sum, block) => sum + (block.rows - 1) * method.step.y + method.tile.y, 0);
  const stripeRows = blocks.reduce((sum, block) => sum + method.stripeRows(block.rows), 0);
  return [
    ["gather", pixels * channels, pixels * movedChannels(layout, channels, domain)],
    ["transform inputs", imageRows * imageRow, method.points * tiles * channelPitch],
    [
      "products",
      method.points * tiles * channels + blocks.length * plan.weightsOfGroup,
      method.points * tiles * filterPitch,
    ],
    [
      "transform outputs",
      method.points * tiles * filterPitch + (epilogue.bias ? blocks.length * filterPitch : 0),
      stripeRows * stripeRow,
    ],
    [
      "deliver",
      outputs * (movedChannels(layout, filters, domain) + (epilogue.residual ? filters : 0)),
      outputs * filters,
    ],
  ];
}
