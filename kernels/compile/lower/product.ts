/**
 * Matrix products and pointwise convolutions: a register-tiled program for this very size, constant weights packed into
 * panels when the graph is compiled, the epilogue on the sums. Where a stack or an operand of the epilogue lies too
 * irregularly for one program, it is one call a matrix, and the epilogue a pass of its own.
 */
import type { Program } from "../../codegen/statements.ts";
import { directTileFor } from "../../gemm/direct.ts";
import type { KernelIsa } from "../../gemm/machines.ts";
import { type Expression, expressionText } from "../expression.ts";
import type { GraphNode, Tensor } from "../graph.ts";
import { matrixSides } from "../operators/layers.ts";
import {
  type ProductSpecification,
  type ProductTile,
  packPanels,
  panelElements,
  productProgram,
} from "../programs/product.ts";
import { broadcastView } from "../strides.ts";
import { type Lowering, type NodePlan, type Planning, stepOf, wholeLines } from "./lowering.ts";
import { epiloguePass, requireKnown } from "./pointwise.ts";
import { type Layout, productLayouts } from "./product-layout.ts";

export const product: Lowering<"product"> = (node, planning): NodePlan => {
  const { transposeA, transposeB, epilogue } = node.operation;
  const [aName, bName] = node.inputs as [string, string];
  const [a, b] = [planning.type(aName), planning.type(bName)];
  const [m, k] = matrixSides(a, transposeA);
  const [, n] = matrixSides(b, transposeB);
  const output = planning.type(node.output).shape;
  const stack = output.slice(0, -2);
  const steps = {
    a: { row: transposeA ? 1 : k, column: transposeA ? m : 1 },
    b: { row: transposeB ? 1 : n, column: transposeB ? k : 1 },
  };
  const stackOf = (shape: readonly number[], matrix: number) =>
    broadcastView(shape.slice(0, -2), stack).strides.map((stride) => stride * matrix);
  return lowered(node, planning, {
    ...{ m, n, k, steps, output, sides: { stack: stack.length, rows: 1 } },
    stackA: stackOf(a.shape, m * k),
    stackB: stackOf(b.shape, k * n),
    mayJoinRows: !transposeA,
    a: aName,
    b: bName,
    epilogue,
  });
};

/** A convolution of 1x1 windows that lie side by side: weights [filters, channels] times image [channels, pixels]. */
export function pointwiseConvolution(
  node: GraphNode,
  epilogue: Expression | undefined,
  planning: Planning,
): NodePlan {
  const [image, weights] = node.inputs as [string, string];
  const [, channels, height, width] = planning.type(image).shape as [number, number, number, number];
  const [filters] = planning.type(weights).shape as [number];
  const n = height * width;
  return lowered(node, planning, {
    ...{ m: filters, n, k: channels, output: planning.type(node.output).shape, sides: { stack: 1, rows: 1 } },
    steps: { a: { row: channels, column: 1 }, b: { row: n, column: 1 } },
    stackA: [0],
    stackB: [channels * n],
    mayJoinRows: false,
    a: weights,
    b: image,
    epilogue,
  });
}

interface Multiplication extends Layout {
  readonly a: string;
  readonly b: string;
  readonly epilogue: Expression | undefined;
}

function lowered(node: GraphNode, planning: Planning, given: Multiplication): NodePlan {
  const { epilogue } = given;
  if (epilogue) requireKnown(node, epilogue, planning);
  const extra = node.inputs.slice(2).map((name) => planning.type(name).shape);
  const { layouts, fused } = productLayouts(given, extra);
  const weights = planning.constant(given.b);
  // A stack of constant matrices is seldom; it is read where it lies.
  const packed = weights?.shape.length === 2 ? weights : undefined;
  const { m, n, k } = layouts[0] as (typeof layouts)[number];
  const tile = directTileFor({ m, n, k }, "f32", planning.machine.vectorBytes, planning.machine.registers);
  const how = { tile, panels: packed !== undefined, fused, blockBytes: blockBytes[planning.machine.isa] };
  const programs = layouts.map((layout) => programOf(layout, given, how));
  const after = epilogue && !fused ? epiloguePass(node, epilogue, planning) : undefined;
  return {
    kernel: kernelText(tile, packed !== undefined, epilogue, fused),
    ownBytes: packed ? wholeLines(4 * panelElements(n, k, tile)) : 0,
    scratchBytes: 0,
    reads: node.inputs.filter((name) => name !== given.b || !packed),
    make: (workshop) => {
      const [a, c] = [workshop.address(given.a), workshop.address(node.output)];
      const others = node.inputs.slice(2).map((name) => workshop.address(name));
      const b = packed ? packedAt(workshop, packed, given, tile) : workshop.address(given.b);
      const calls = layouts.map((layout, at) => {
        const { from } = layout;
        const extras = fused ? others.map((address, each) => address + 4 * (from.extra[each] as number)) : [];
        return [programs[at] as Program, a + 4 * from.a, b + 4 * from.b, c + 4 * from.c, ...extras] as const;
      });
      return stepOf(workshop, after ? [...calls, [after, c, c, ...others]] : calls);
    },
  };
}

/** Half of the second-level cache that the classes of ../../gemm/machines.ts have at least. */
const blockBytes: Readonly<Record<KernelIsa, number>> = {
  wasm: 256 * 1024,
  avx2: 128 * 1024,
  avx512: 512 * 1024,
};

interface How {
  readonly tile: ProductTile;
  readonly panels: boolean;
  readonly fused: boolean;
  readonly blockBytes: number;
}

function programOf(
  { m, n, k, count, distance, operands }: ReturnType<typeof productLayouts>["layouts"][number],
  { steps, epilogue }: Multiplication,
  { tile, panels, fused, blockBytes: block }: How,
): Program {
  const specification: ProductSpecification = {
    ...{ m, n, k, count, distance, tile, a: steps.a, blockBytes: block },
    b: panels ? "panels" : { row: steps.b.row },
    ...(epilogue && fused ? { epilogue: { expression: epilogue, operands } } : {}),
  };
  return productProgram(specification);
}

function packedAt(
  workshop: Parameters<NodePlan["make"]>[0],
  weights: Tensor,
  { n, k, steps }: Multiplication,
  tile: ProductTile,
): number {
  const length = panelElements(n, k, tile);
  const address = workshop.allocate(4 * length);
  packPanels(
    weights.data as Float32Array,
    steps.b,
    { n, k },
    tile,
    workshop.memory.view("f32", address, length),
  );
  return address;
}

function kernelText(
  { rows, vectors, lanes }: ProductTile,
  panels: boolean,
  epilogue: Expression | undefined,
  fused: boolean,
): string {
  const how = `${rows}x${vectors * lanes} tiles${panels ? " from panels" : ""}`;
  if (!epilogue) return how;
  return fused ? `${how}, ${expressionText(epilogue)}` : `${how}; then ${expressionText(epilogue)}`;
}
