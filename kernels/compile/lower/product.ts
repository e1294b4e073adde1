/**
 * Matrix products and pointwise convolutions: a register-tiled program for this very size, constant weights packed into
 * panels when the graph is compiled, the epilogue on the sums. Where a stack or an operand of the epilogue lies too
 * irregularly for one program, it is one call a matrix, and the epilogue a pass of its own.
 */
import type { Program } from "../../codegen/statements.ts";
import { directTileFor } from "../../gemm/direct.ts";
import type { KernelIsa } from "../../gemm/machines.ts";
import { type Expression, expressionText } from "../expression.ts";
import type { GraphNode } from "../graph.ts";
import { matrixSides } from "../operators/layers.ts";
import {
  type ProductSpecification,
  type ProductTile,
  packPanels,
  packRows,
  panelElements,
  productProgram,
} from "../programs/product.ts";
import { broadcastView } from "../strides.ts";
import {
  type Lowering,
  type NodePlan,
  type Planning,
  stepOf,
  type Workshop,
  wholeLines,
} from "./lowering.ts";
import { epiloguePass, requireKnown } from "./pointwise.ts";
import { type Layout, type ProgramLayout, productLayouts } from "./product-layout.ts";

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
  const [first] = layouts as [ProgramLayout, ...ProgramLayout[]];
  const tile = directTileFor(first, "f32", planning.machine.vectorBytes, planning.machine.registers);
  const packing = packingOf(given, planning, layouts, tile);
  const block = blockBytes[planning.machine.isa];
  const programs = layouts.map((layout) =>
    productProgram(specificationOf(layout, given, { tile, packing, fused, block })),
  );
  const after = epilogue && !fused ? epiloguePass(node, epilogue, planning) : undefined;
  return {
    kernel: kernelText(tile, packing, epilogue, fused),
    ownBytes: packing ? wholeLines(4 * packing.elements) : 0,
    scratchBytes: 0,
    reads: node.inputs.filter((name) => name !== packing?.name),
    make: (workshop) => {
      const c = workshop.address(node.output);
      const others = node.inputs.slice(2).map((name) => workshop.address(name));
      const a = packing?.side === "a" ? packedAt(workshop, packing) : workshop.address(given.a);
      const b = packing?.side === "b" ? packedAt(workshop, packing) : workshop.address(given.b);
      const calls = layouts.map(({ from }, at) => {
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

/** Constant weights in the order in which the kernel reads them: written once, before the first run. */
interface Packing {
  readonly side: "a" | "b";
  readonly name: string;
  readonly elements: number;
  write(to: Float32Array): void;
}

/** What is packed: one constant matrix on either side. A stack of them is seldom; it is read where it lies. */
function packingOf(
  { a, b, steps }: Multiplication,
  { constant }: Planning,
  layouts: readonly ProgramLayout[],
  tile: ProductTile,
): Packing | undefined {
  const [{ m, n, k, distance, count }] = layouts as [ProgramLayout, ...ProgramLayout[]];
  const [left, right] = [constant(a)?.data as Float32Array, constant(b)?.data as Float32Array];
  if (right?.length === n * k) {
    const elements = panelElements(n, k, tile);
    return { side: "b", name: b, elements, write: (to) => packPanels(right, steps.b, { n, k }, tile, to) };
  }
  const shared = layouts.length === 1 && (count === 1 || distance.a === 0);
  if (left?.length === m * k && shared && steps.a.column === 1)
    return { side: "a", name: a, elements: m * k, write: (to) => packRows(left, { m, k }, tile, to) };
  return undefined;
}

function packedAt({ memory, allocate }: Workshop, { elements, write }: Packing): number {
  const address = allocate(4 * elements);
  write(memory.view("f32", address, elements));
  return address;
}

interface How {
  readonly tile: ProductTile;
  readonly packing: Packing | undefined;
  readonly fused: boolean;
  readonly block: number;
}

function specificationOf(
  { m, n, k, count, distance, operands }: ProgramLayout,
  { steps, epilogue }: Multiplication,
  { tile, packing, fused, block }: How,
): ProductSpecification {
  return {
    ...{ m, n, k, count, distance, tile, blockBytes: block },
    a: packing?.side === "a" ? "panels" : steps.a,
    b: packing?.side === "b" ? "panels" : { row: steps.b.row },
    ...(epilogue && fused ? { epilogue: { expression: epilogue, operands } } : {}),
  };
}

function kernelText(
  { rows, vectors, lanes }: ProductTile,
  packing: Packing | undefined,
  epilogue: Expression | undefined,
  fused: boolean,
): string {
  const how = `${rows}x${vectors * lanes} tiles${packing ? ", weights packed" : ""}`;
  if (!epilogue) return how;
  return fused ? `${how}, ${expressionText(epilogue)}` : `${how}; then ${expressionText(epilogue)}`;
}
