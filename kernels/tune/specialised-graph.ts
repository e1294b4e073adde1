/** Procedure of `specialised-graph`: a graph walked node by node against the function generated for it. */
import { compile, type KernelTarget, kernelText, nativeIsaOr } from "../codegen/compile.ts";
import { bytesOf } from "../codegen/expressions.ts";
import { type Allocation, Memory } from "../codegen/memory.ts";
import type { Bench, Candidate, Cell, Procedure, VariantRef } from "../experiment.ts";
import { fillRandom } from "../gemm/contest.ts";
import { kernelIsa, machineRow } from "../gemm/machines.ts";
import { kernelTarget } from "../kernel-target.ts";
import { variantRef } from "../variant.ts";
import { biasProgram, denseProgram, networkProgram, reluProgram } from "./graph-programs.ts";
import {
  claimedRounds,
  interpreted,
  networkNames,
  networks,
  networkWorkload,
  specialised,
} from "./specialised-graph.experiment.ts";

export const procedure: Procedure = {
  run,
  code: async (ref) => {
    const target = kernelTarget(ref);
    const lanes = lanesOn(target);
    const programs =
      ref.variant === specialised
        ? [networkProgram(networks.small, lanes)]
        : [denseProgram(lanes), biasProgram(lanes), reluProgram(lanes)];
    return programs.map((each) => kernelText(each, target, { arithmetic: "strict" })).join("\n");
  },
};

/** A node of the graph: the operation, and addresses of what it reads and writes. */
export type GraphNode =
  | {
      readonly op: "dense";
      readonly inputs: number;
      readonly outputs: number;
      readonly x: number;
      readonly w: number;
      readonly y: number;
    }
  | { readonly op: "bias"; readonly length: number; readonly bias: number; readonly y: number }
  | { readonly op: "relu"; readonly length: number; readonly y: number };

/** Elements in the vectors of a target; a listing of native code can be read on any machine. */
function lanesOn(target: KernelTarget): number {
  return machineRow("f32", kernelIsa(target, nativeIsaOr("avx512"))).vectorBytes / bytesOf.f32;
}

type Buffer = Allocation<"f32">;

/** A network with random weights in one memory, and its two ways to run. */
export function network(widths: readonly number[], target: KernelTarget, random: () => number) {
  const weights = widths.slice(1).reduce((sum, width, at) => sum + width * ((widths[at] as number) + 2), 0);
  const memory = new Memory(4 * (weights + (widths[0] as number)) + 64 * 4 * widths.length + 4096);
  const filled = (length: number): Buffer => {
    const buffer = memory.allocate("f32", length);
    fillRandom(buffer.view, random);
    return buffer;
  };
  const input = filled(widths[0] as number);
  const layers = widths.slice(1).map((outputs, at) => {
    const inputs = widths[at] as number;
    const [w, bias] = [filled(inputs * outputs), filled(outputs)];
    return { inputs, outputs, w, bias, y: memory.allocate("f32", outputs) };
  });
  const output = (layers.at(-1) as (typeof layers)[number]).y;
  const whole = compile(networkProgram(widths, lanesOn(target)), target, memory, { arithmetic: "strict" });
  const addresses = layers.flatMap(({ w, bias, y }) => [w.address, bias.address, y.address]);
  const interpret = interpreter(target, memory);
  const graph = layers.flatMap(({ inputs, outputs, w, bias, y }, at): GraphNode[] => {
    const x = at === 0 ? input.address : (layers[at - 1]?.y.address as number);
    return [
      { op: "dense", inputs, outputs, x, w: w.address, y: y.address },
      { op: "bias", length: outputs, bias: bias.address, y: y.address },
      ...(at < layers.length - 1 ? [{ op: "relu" as const, length: outputs, y: y.address }] : []),
    ];
  });
  return {
    output: output.view,
    interpreted: (): void => interpret(graph),
    specialised: (): void => whole.call(input.address, ...addresses),
  };
}

/** Runs any graph of these operations, whatever the shapes. */
function interpreter(target: KernelTarget, memory: Memory): (graph: readonly GraphNode[]) => void {
  const options = { arithmetic: "strict" } as const;
  const lanes = lanesOn(target);
  const dense = compile(denseProgram(lanes), target, memory, options).call;
  const bias = compile(biasProgram(lanes), target, memory, options).call;
  const relu = compile(reluProgram(lanes), target, memory, options).call;
  return (graph) => {
    for (const node of graph) {
      if (node.op === "dense") dense(node.inputs, node.outputs, node.x, node.w, node.y);
      else if (node.op === "bias") bias(node.length, node.bias, node.y);
      else relu(node.length, node.y);
    }
  };
}

async function run(cell: Cell, bench: Bench): Promise<void> {
  const name = networkNames.find((each) => networkWorkload(each) === cell.workload);
  if (!name) throw new RangeError(`no network ${cell.workload}`);
  const targets = [...new Set(bench.variants.map(({ target }) => target))];
  const candidates = targets.flatMap((target) =>
    candidatesOn(
      bench.variants.filter((ref) => ref.target === target),
      networks[name],
      bench,
    ),
  );
  const generic = candidates.filter(({ variant }) => variant === interpreted).map(variantRef);
  const pairs = candidates.flatMap((each) => {
    const own = generic.find(({ target }) => target === each.target);
    return own && each.variant !== interpreted ? [[variantRef(each), own] as const] : [];
  });
  await bench.compare(candidates, { against: generic.at(-1) ?? null, pairs, leastRounds: claimedRounds });
}

/** Both ways on one target, after their results were compared bit by bit. */
function candidatesOn(
  refs: readonly VariantRef[],
  widths: readonly number[],
  bench: Bench,
): readonly Candidate[] {
  const [ref] = refs;
  if (!ref) return [];
  const made = network(widths, kernelTarget(ref), bench.random("network"));
  made.interpreted();
  const expected = made.output.slice();
  const differing = (): number => {
    made.output.fill(Number.NaN);
    made.specialised();
    return made.output.filter((value, at) => !Object.is(value, expected[at])).length;
  };
  const generated = refs.find(({ variant }) => variant === specialised);
  if (generated) bench.exact(generated, "mismatches", differing());
  return refs.map(
    (each): Candidate => ({
      ...each,
      run: each.variant === specialised ? made.specialised : made.interpreted,
    }),
  );
}
