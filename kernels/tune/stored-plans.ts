/**
 * Which plan a product should use: the one that a search found for its class of shapes, else the default. kernels/ knows
 * no database: whoever runs experiments passes the stored plans down in the settings. Light, for plans of experiments.
 */
import type { Settings, Target, VariantRef } from "../experiment.ts";
import type { GemmShape, Real } from "../gemm/arguments.ts";
import { on } from "../targets.ts";
import { withThreads } from "../variant.ts";
import { shapeClass } from "./shape-class.ts";
import { tuneTargetOn } from "./targets.ts";

/** What a stored plan is looked up by; f32 on one thread where nothing else is said. */
export interface PlanQuery {
  readonly target: Target;
  readonly shape: GemmShape;
  readonly element?: Real;
  readonly threads?: number;
}

/**
 * The stored plan's variant for a product, or undefined where nothing was found for its class. A plan of narrower vectors
 * than this machine has is none: it was compared with the default of those vectors.
 */
export function storedPlan(
  { plans = [] }: Pick<Settings, "plans">,
  { target, shape, element = "f32", threads = 1 }: PlanQuery,
): string | undefined {
  const row = tuneTargetOn(target);
  const wanted = shapeClass(shape);
  return plans.find(
    (each) =>
      each.target === row?.id &&
      each.element === element &&
      each.shapeClass === wanted &&
      (each.threads ?? 1) === threads,
  )?.plan;
}

/**
 * What an experiment's finished kernel is followed by: the plan that a search found for one thread, then the kernel or the
 * plan that a search found for all threads of the run, where it has several.
 */
export function finishedOn(
  settings: Pick<Settings, "plans" | "threads">,
  last: VariantRef,
  shape: GemmShape,
): readonly VariantRef[] {
  const { threads = 1 } = settings;
  const { target } = last;
  const alone = storedPlan(settings, { target, shape });
  const found = alone === undefined ? [] : [alone];
  if (threads === 1) return on(target, found);
  const together = storedPlan(settings, { target, shape, threads });
  return on(target, [...found, together ?? withThreads(last.variant, threads)]);
}
