/**
 * `--workload`: problems of the user's own, products `MxNxK` or layers `CxHxW:FxKxL:s2p1`, in place of those that an
 * experiment plans. What is typed is checked here, before anything is allocated or stored.
 */
import { freemem } from "node:os";
import { InvalidArgumentError } from "commander";
import { isLayerText, layerExample, layerOf } from "../kernels/conv/layer-text.ts";
import type { Experiment, Settings, WorkloadKind } from "../kernels/experiment.ts";
import { formatBytes } from "../reports/numbers.ts";
import { UsageError } from "./exit.ts";

/** The largest size in one direction: beyond it a matrix of a single other row or column is all that fits. */
const largestSize = 1_000_000;

/** Adds what one `--workload` names, several separated by commas, in the order typed and each once. */
export function workloadsTyped(value: string, before: readonly string[] = []): readonly string[] {
  const named = value.split(",").map((each) => workloadTyped(each.trim()));
  return [...new Set([...before, ...named])];
}

/** Layers in the words of the help text. */
export const layerMeaning = "image, filters, stride, padding; d2 dilation, g4 groups";

function workloadTyped(text: string): string {
  if (isLayerText(text)) return layerTyped(text);
  const sizes = /^(\d{1,9})[x×*](\d{1,9})[x×*](\d{1,9})$/i.exec(text)?.slice(1).map(Number) ?? [];
  if (sizes.length === 3 && sizes.every((size) => size >= 1 && size <= largestSize)) return sizes.join("x");
  throw new InvalidArgumentError(
    `A workload is MxNxK such as 300x500x700, each from 1 to ${largestSize}, or a layer such as ${layerExample}, several separated by commas.`,
  );
}

function layerTyped(text: string): string {
  try {
    return layerOf(text).name;
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

const kindOf = (workload: string): WorkloadKind => (isLayerText(workload) ? "layer" : "product");

/** What each kind looks like. */
const examples: Readonly<Record<WorkloadKind, string>> = {
  product: "products such as 300x500x700",
  layer: `layers such as ${layerExample}`,
};

/** The experiments that take workloads of these kinds, as one would type them. */
function takingKind(all: readonly Experiment[], ...kinds: readonly WorkloadKind[]): string {
  return all
    .filter(({ ownWorkloads }) => ownWorkloads && kinds.includes(ownWorkloads.kind))
    .map(({ id }) => `--experiment ${id}`)
    .join(", ");
}

/** What a 32-bit memory of kernels can address. */
const addressable = 2 ** 32;

/**
 * Whether these experiments can run on these workloads here.
 *
 * @throws UsageError for an experiment that has its own sizes or takes the other kind, and for a workload that does not
 * fit the memory
 */
export function checkWorkloads(
  experiments: readonly Experiment[],
  all: readonly Experiment[],
  settings: Settings,
  free: number = freemem(),
): void {
  if (!settings.workloads) return;
  const fixed = experiments.filter(({ ownWorkloads }) => !ownWorkloads).map(({ id }) => id);
  if (fixed.length > 0) {
    const able = takingKind(all, ...new Set(settings.workloads.map(kindOf)));
    throw new UsageError(
      `${fixed.join(", ")} ${fixed.length === 1 ? "runs" : "run"} on sizes of its own; --workload does not fit`,
      able ? `These take it: ${able}.` : undefined,
    );
  }
  for (const { id, ownWorkloads } of experiments) {
    const kind = ownWorkloads?.kind;
    const other = settings.workloads.find((workload) => kindOf(workload) !== kind);
    if (kind && other)
      throw new UsageError(
        `${id} takes ${examples[kind]}; found ${other}`,
        `These take it: ${takingKind(all, kindOf(other))}.`,
      );
  }
  const room = Math.min(free, addressable);
  for (const { id, ownWorkloads } of experiments) {
    for (const workload of settings.workloads) {
      const bytes = ownWorkloads?.memoryBytes(workload, settings) ?? 0;
      if (bytes > room) {
        throw new UsageError(
          `${id} needs about ${formatBytes(bytes)} for ${workload}; ${formatBytes(room)} can be had`,
          "Choose a smaller workload, or fewer targets: each variant has room of its own for packing.",
        );
      }
    }
  }
}
