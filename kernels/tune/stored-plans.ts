/**
 * Which plan a product should use: the one that a search found for its class of shapes, else the default. kernels/ knows
 * no database: whoever runs experiments passes the stored plans down in the settings. Light, for plans of experiments.
 */
import type { Settings, Target } from "../experiment.ts";
import type { GemmShape, Real } from "../gemm/arguments.ts";
import { shapeClass } from "./shape-class.ts";
import { tuneTargets } from "./targets.ts";

/** The stored plan's variant for a product on a target, or undefined where nothing was found for its class. */
export function storedPlan(
  { plans = [] }: Settings,
  target: Target,
  shape: GemmShape,
  element: Real = "f32",
): string | undefined {
  const rows = tuneTargets.filter((row) => row.target === target).map(({ id }) => id);
  const wanted = shapeClass(shape);
  return plans.find(
    (each) => rows.includes(each.target) && each.element === element && each.shapeClass === wanted,
  )?.plan;
}
