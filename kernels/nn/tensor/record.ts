/** Records what made a tensor, where a gradient may be asked for. */
import type { Origin, Tensor } from "./tensor.ts";

/** Says that `made` came from `inputs`; nothing is recorded where no gradient is wanted. Returns `made`. */
export function record(made: Tensor, inputs: readonly Tensor[], gradients: Origin["gradients"]): Tensor {
  if (!made.engine.recording || !inputs.some((tensor) => tensor.wantsGradient)) return made;
  made.wantsGradient = true;
  made.origin = { inputs, gradients };
  return made;
}
