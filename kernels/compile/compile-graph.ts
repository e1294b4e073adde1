/**
 * From a graph to a function: passes, memory plan, kernels. What SageMaker Neo and TVM do, at the scale of this tool. A
 * compiled graph owns one memory; its inputs and outputs are views into it.
 */
import { compile, type Kernel, type KernelTarget } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import { kernelIsa, machineRow } from "../gemm/machines.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { type Graph, type GraphNode, lengthOf, type TensorType, tensorBytes } from "./graph.ts";
import { GraphError } from "./graph-error.ts";
import { inferTypes, type Types } from "./infer.ts";
import { planNode } from "./lower/index.ts";
import { type NodePlan, type Planning, wholeLines } from "./lower/lowering.ts";
import { foldBatchNorm } from "./passes/fold-batch-norm.ts";
import { allPasses, type Passed, runPasses } from "./passes/index.ts";
import { legalise } from "./passes/legalise.ts";
import type { Pass } from "./passes/pass.ts";
import { type MemoryPlan, planMemory } from "./plan-memory.ts";
import { bytesMovedBy } from "./traffic.ts";

export interface CompileGraphOptions {
  readonly target: KernelTarget;
  /** Passes that improve the graph (default: all); those that kernels depend on always run. */
  readonly passes?: readonly Pass[];
  readonly isa?: NativeIsa;
  /** Threads for convolutions that multiply matrices (default: 1). */
  readonly threads?: number;
  /** Whether tensors that are not needed at the same time share bytes (default). */
  readonly reuse?: boolean;
  /** Bytes that the compiled graph may take (default: 3 GiB; a WebAssembly memory ends at 4). */
  readonly mostBytes?: number;
}

/** A node of a compiled graph, for tables. */
export interface CompiledNode {
  readonly node: GraphNode;
  readonly type: TensorType;
  readonly kernel: string;
}

export interface CompiledGraph {
  readonly graph: Graph;
  readonly types: Types;
  /** The graph after each pass. */
  readonly passed: readonly Passed[];
  readonly nodes: readonly CompiledNode[];
  readonly memoryPlan: MemoryPlan;
  /** Bytes of everything: weights, arena, scratch, inputs and outputs. */
  readonly memoryBytes: number;
  readonly kernels: readonly Kernel[];
  /** The elements of an input or output, to be written or read between runs. @throws RangeError for another name */
  view(name: string): Float32Array | Int32Array;
  /** Computes the outputs from what the inputs' views hold. */
  run(): void;
  /** Runs one node alone, by its number: for whoever times or follows a run. */
  runNode(at: number): void;
  /** Bytes that a run reads and writes, each word once for each kernel that touches it (traffic.ts). */
  bytesMoved(): number;
  release(): void;
}

/** Half a gibibyte below what a memory can have, so that rounding does not matter. */
const mostMemory = 3 * 2 ** 30;

/** Compiles a graph. @throws GraphError for a graph that is wrong, too large, or of operations that nothing can run */
export function compileGraph(given: Graph, options: CompileGraphOptions): CompiledGraph {
  const { target, passes = allPasses, threads = 1, reuse = true, mostBytes = mostMemory } = options;
  inferTypes(given);
  // Kernels exist for no batch normalisation by itself, and none for other axes.
  const needed = [...(passes.includes(foldBatchNorm) ? [] : [foldBatchNorm]), legalise];
  const passed = runPasses(given, [...passes, ...needed]);
  const graph = passed.at(-1)?.graph ?? given;
  const types = inferTypes(graph);
  const isa = kernelIsa(target, options.isa);
  const machine = machineRow("f32", isa);
  const planning: Planning = {
    ...{ target, threads, machine, lanes: machine.vectorBytes / 4 },
    ...(isa === "wasm" ? {} : { isa }),
    type: (name) => types.get(name) as TensorType,
    constant: (name) => graph.constants.get(name),
  };
  const plans = graph.nodes.map((node) => planNode(node, planning));
  const memoryPlan = planMemory(graph, types, { reuse });
  const layout = layoutOf(graph, types, memoryPlan, plans);
  if (layout.bytes > mostBytes)
    throw new GraphError(`graph ${graph.name}`, {
      expected: `at most ${mostBytes} bytes of memory`,
      found: `${layout.bytes}, of which ${memoryPlan.arenaBytes} for intermediate tensors`,
      remedy: "Choose a smaller batch or image.",
    });
  return made(graph, types, passed, memoryPlan, plans, layout, options);
}

/** Everything that lies in the memory besides what steps allocate for themselves. */
interface MemoryLayout {
  /** Tensors with places of their own, in order: stored constants, inputs, outputs. */
  readonly fixed: readonly string[];
  readonly scratchBytes: number;
  readonly bytes: number;
}

function layoutOf(graph: Graph, types: Types, plan: MemoryPlan, plans: readonly NodePlan[]): MemoryLayout {
  const read = new Set(plans.flatMap(({ reads }) => reads));
  for (const [alias, of] of plan.aliases) if (read.has(alias)) read.add(of);
  const stored = [...graph.constants.keys()].filter((name) => read.has(name) || graph.outputs.includes(name));
  const fixed = [...new Set([...stored, ...graph.inputs.map(({ name }) => name), ...graph.outputs])];
  const own = plans.reduce((sum, { ownBytes }) => sum + ownBytes, 0);
  const scratchBytes = plans.reduce((most, each) => Math.max(most, each.scratchBytes), 0);
  const tensors = fixed.reduce(
    (sum, name) => sum + wholeLines(tensorBytes(types.get(name) as TensorType)),
    0,
  );
  // Rounded to lines by each allocation, and a line to begin with.
  const bytes = tensors + own + 64 * plans.length + scratchBytes + plan.arenaBytes + 4096;
  return { fixed, scratchBytes, bytes };
}

function made(
  graph: Graph,
  types: Types,
  passed: readonly Passed[],
  memoryPlan: MemoryPlan,
  plans: readonly NodePlan[],
  layout: MemoryLayout,
  { target, isa, threads = 1 }: CompileGraphOptions,
): CompiledGraph {
  const memory = new Memory(layout.bytes, { shared: threads > 1 });
  const addresses = placed(graph, types, memoryPlan, layout, memory);
  const scratch = memory.allocate("u8", layout.scratchBytes).address;
  const kernels: Kernel[] = [];
  const address = (name: string): number => {
    const found = addresses.get(name);
    if (found === undefined) throw new RangeError(`expected a tensor with a place, found "${name}"`);
    return found;
  };
  const steps = plans.map((plan) =>
    plan.make({
      ...{ memory, address, scratch },
      allocate: (bytes) => memory.allocate("u8", bytes).address,
      compile: (program) => {
        const kernel = compile(program, target, memory, isa ? { isa } : {});
        kernels.push(kernel);
        return kernel;
      },
    }),
  );
  const nodes = graph.nodes.map((node, at): CompiledNode => {
    const type = types.get(node.output) as TensorType;
    return { node, type, kernel: plans[at]?.kernel ?? "" };
  });
  return {
    ...{ graph, types, passed, nodes, memoryPlan, kernels },
    memoryBytes: layout.bytes,
    view: viewsOf(graph, types, memory, address),
    run: () => {
      for (const step of steps) step.run();
    },
    runNode: (at) => steps[at]?.run(),
    bytesMoved: () => bytesMovedBy(steps, layout.bytes),
    release: () => {
      for (const step of steps) step.release?.();
    },
  };
}

/** The address of every tensor; constants are written. */
function placed(
  graph: Graph,
  types: Types,
  plan: MemoryPlan,
  { fixed }: MemoryLayout,
  memory: Memory,
): ReadonlyMap<string, number> {
  const addresses = new Map<string, number>();
  for (const name of fixed) {
    const type = types.get(name) as TensorType;
    const { view, address } = memory.allocate(type.element, lengthOf(type));
    const constant = graph.constants.get(name);
    if (constant) view.set(constant.data);
    addresses.set(name, address);
  }
  const arena = memory.allocate("u8", plan.arenaBytes).address;
  for (const { tensors, offset } of plan.buffers)
    for (const name of tensors) addresses.set(name, arena + offset);
  for (const [alias, of] of plan.aliases) {
    const address = addresses.get(of);
    if (address !== undefined) addresses.set(alias, address);
  }
  return addresses;
}

function viewsOf(graph: Graph, types: Types, memory: Memory, address: (name: string) => number) {
  const names = [...graph.inputs.map(({ name }) => name), ...graph.outputs];
  return (name: string): Float32Array | Int32Array => {
    if (!names.includes(name)) throw new RangeError(`expected one of ${names.join(", ")}, found "${name}"`);
    const type = types.get(name) as TensorType;
    return memory.view(type.element, address(name), lengthOf(type));
  };
}
