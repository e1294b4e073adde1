/**
 * Constant folding: what depends on constants alone is computed once, in double precision, and stored. Exported graphs
 * are full of it: shapes, masks, transposed weights.
 */
import type { Graph, TensorType } from "../graph.ts";
import { lengthOf } from "../graph.ts";
import { inferTypes } from "../infer.ts";
import type { RealTensor } from "../operators/operator.ts";
import { evaluateNode, realTensor, storedTensor } from "../reference.ts";
import type { Pass } from "./pass.ts";

/**
 * Elements that a folded result may have more than its inputs: a repeated constant is better repeated when it is read.
 * 16,384 are 64 KiB, nothing beside any network's weights.
 */
const mostGrowth = 16384;

export const foldConstants: Pass = {
  id: "fold-constants",
  title: "computes once what depends on constants alone",
  run: (graph: Graph): Graph => {
    const types = inferTypes(graph);
    const constants = new Map(graph.constants);
    const real = new Map<string, RealTensor>();
    const nodes = graph.nodes.filter((node) => {
      const output = types.get(node.output) as TensorType;
      const inputs = node.inputs.map((name) => constants.get(name));
      const known = inputs.every((tensor) => tensor !== undefined);
      if (!known || graph.outputs.includes(node.output)) return true;
      const read = inputs.reduce((sum, tensor) => sum + (tensor ? lengthOf(tensor) : 0), 0);
      if (lengthOf(output) > read + mostGrowth) return true;
      for (const [at, name] of node.inputs.entries()) {
        const tensor = inputs[at];
        if (tensor && !real.has(name)) real.set(name, realTensor(tensor));
      }
      const data = evaluateNode(node, real, output);
      constants.set(node.output, storedTensor({ ...output, data }));
      return false;
    });
    return { ...graph, nodes, constants };
  },
};
