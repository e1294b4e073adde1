/**
 * Where intermediate tensors lie: buffers that are needed at the same time lie apart, all others may share bytes. A
 * reshape lies where its input lies; arithmetic may overwrite an operand that nobody reads afterwards. Offsets are chosen
 * by size, the largest first, each into the tightest gap that it fits (Pisarchyk & Lee, arXiv:2001.03288, "greedy by
 * size"). Inputs and outputs of the graph lie apart: the caller may write and read them at any time.
 */
import { type Graph, type GraphNode, sameShape, type TensorType, tensorBytes } from "./graph.ts";
import type { Types } from "./infer.ts";

/** One stretch of the arena, and from which to which node (by number) it is needed, both included. */
export interface Buffer {
  /** The tensors that lie in it, in the order in which they are made. */
  readonly tensors: readonly string[];
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
  readonly offset: number;
}

export interface MemoryPlan {
  readonly buffers: readonly Buffer[];
  /** Tensors that share the place of a constant, an input or an output: a reshape of one. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Bytes of the arena. */
  readonly arenaBytes: number;
  /** What all intermediate tensors would take side by side. */
  readonly sumBytes: number;
  /** The most bytes that are needed at one time: no arena can be smaller. */
  readonly leastBytes: number;
}

/** Cache line: no two tensors share one, and vectors of 64 bytes do not straddle. */
const alignment = 64;
const aligned = (bytes: number): number => Math.ceil(bytes / alignment) * alignment;

interface Growing {
  tensors: string[];
  bytes: number;
  first: number;
  last: number;
}

export interface PlanOptions {
  /** Whether buffers may share bytes (default); without, every tensor has its own: the baseline. */
  readonly reuse?: boolean;
}

/** Plans the memory of a graph. */
export function planMemory(graph: Graph, types: Types, { reuse = true }: PlanOptions = {}): MemoryPlan {
  const { growing, aliases } = lifetimes(graph, types, reuse);
  const placed: Buffer[] = [];
  const bySize = [...growing].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  for (const buffer of bySize) {
    const rivals = placed.filter(
      ({ first, last }) => !reuse || (first <= buffer.last && buffer.first <= last),
    );
    placed.push({ ...buffer, offset: tightestGap(rivals, buffer.bytes) });
  }
  const inOrder = placed.sort((a, b) => a.first - b.first || a.offset - b.offset);
  return {
    buffers: inOrder,
    aliases,
    arenaBytes: inOrder.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes), 0),
    sumBytes: sumOfTensors(graph, types),
    leastBytes: mostAtOnce(inOrder, graph.nodes.length),
  };
}

function sumOfTensors(graph: Graph, types: Types): number {
  const inner = graph.nodes.filter(({ output }) => !graph.outputs.includes(output));
  return inner.reduce((sum, { output }) => sum + aligned(tensorBytes(types.get(output) as TensorType)), 0);
}

function mostAtOnce(buffers: readonly Buffer[], nodes: number): number {
  let most = 0;
  for (let at = 0; at < nodes; at++) {
    const live = buffers.filter(({ first, last }) => first <= at && at <= last);
    most = Math.max(
      most,
      live.reduce((sum, { bytes }) => sum + bytes, 0),
    );
  }
  return most;
}

/** The offset of the smallest gap between these that is large enough, else behind them all. */
function tightestGap(rivals: readonly Buffer[], bytes: number): number {
  const sorted = [...rivals].sort((a, b) => a.offset - b.offset);
  let end = 0;
  let best: { offset: number; size: number } | undefined;
  for (const { offset, bytes: taken } of sorted) {
    const size = offset - end;
    if (size >= bytes && (!best || size < best.size)) best = { offset: end, size };
    end = Math.max(end, offset + taken);
  }
  return best?.offset ?? end;
}

/** Which tensors share a buffer, and when each is needed. */
function lifetimes(graph: Graph, types: Types, reuse: boolean) {
  const lastRead = new Map<string, number>();
  for (const [at, node] of graph.nodes.entries()) for (const name of node.inputs) lastRead.set(name, at);
  const fixed = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.constants.keys(),
    ...graph.outputs,
  ]);
  const growing: Growing[] = [];
  const home = new Map<string, Growing>();
  const aliases = new Map<string, string>();
  for (const [at, node] of graph.nodes.entries()) {
    const { output } = node;
    if (fixed.has(output)) continue;
    const [from] = node.inputs as [string];
    const until = lastRead.get(output) ?? at;
    if (node.operation.op === "reshape" && !home.has(from)) {
      aliases.set(output, aliases.get(from) ?? from);
      continue;
    }
    const shared =
      node.operation.op === "reshape" ? home.get(from) : reuse && overwritable(node, at, home, types);
    if (shared) {
      shared.tensors.push(output);
      shared.last = Math.max(shared.last, until);
      home.set(output, shared);
      continue;
    }
    const bytes = aligned(tensorBytes(types.get(output) as TensorType));
    const own: Growing = { tensors: [output], bytes, first: at, last: until };
    growing.push(own);
    home.set(output, own);
  }
  return { growing, aliases };
}

/** The buffer of an operand that the node may overwrite element by element: as large, and not read afterwards. */
function overwritable(
  { operation, inputs, output }: GraphNode,
  at: number,
  home: ReadonlyMap<string, Growing>,
  types: Types,
): Growing | undefined {
  if (operation.op !== "pointwise") return undefined;
  const { shape } = types.get(output) as TensorType;
  for (const name of inputs) {
    const buffer = home.get(name);
    if (buffer && buffer.last === at && sameShape((types.get(name) as TensorType).shape, shape))
      return buffer;
  }
  return undefined;
}
