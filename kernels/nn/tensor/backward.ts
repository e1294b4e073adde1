/**
 * Reverse-mode differentiation: from a loss back through the operations that made it, each after all that used its
 * result (Linnainmaa 1970; the tape is the chain of origins).
 */
import { addInto, copyOf } from "./functions/arithmetic.ts";
import { assign } from "./functions/elementwise.ts";
import { add } from "./scalar.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Adds the gradient of a loss of one element to the `gradient` of every parameter that it depends on.
 * @throws RangeError for a loss of several elements, or one that depends on no parameter
 */
export function backward(loss: Tensor): void {
  if (loss.size !== 1)
    throw new RangeError(`expected a loss of one element; found ${loss.size}; sum it first`);
  if (!loss.wantsGradient)
    throw new RangeError(
      "expected a loss that depends on a parameter; found none; was it computed untracked?",
    );
  const { engine } = loss;
  engine.untracked(() =>
    engine.scope(() => {
      const gradients = new Map<Tensor, Tensor>([[loss, engine.tensor(loss.shape, 1)]]);
      for (const tensor of behind(loss)) passBack(tensor, gradients);
    }),
  );
}

/** Every tensor that a gradient passes through, those first that were made last. */
function behind(loss: Tensor): readonly Tensor[] {
  const seen = new Set<Tensor>([loss]);
  // A set that grows while it is read is read to its end.
  for (const { origin } of seen)
    for (const input of origin?.inputs ?? []) if (input.wantsGradient) seen.add(input);
  return [...seen].sort((a, b) => b.number - a.number);
}

function passBack(tensor: Tensor, gradients: Map<Tensor, Tensor>): void {
  const gradient = gradients.get(tensor);
  if (!gradient) return;
  gradients.delete(tensor);
  const { origin } = tensor;
  if (!origin) {
    // A view's block ends with its owner.
    const isOwner = gradient.owner === gradient;
    give(tensor, gradient, isOwner && ![...gradients.values()].some((other) => other.owner === gradient));
    return;
  }
  const given = origin.gradients(gradient);
  for (const [i, part] of given.entries()) {
    const input = origin.inputs[i] as Tensor;
    if (!part || !input.wantsGradient) continue;
    const before = gradients.get(input);
    // Into a fresh tensor: what is there may be the gradient of another tensor too.
    gradients.set(input, before ? sumOf(before, part) : part);
  }
  const passedOn = [...given, ...gradients.values()].some((part) => part?.owner === gradient.owner);
  if (!passedOn) gradient.owner.free();
}

function sumOf(a: Tensor, b: Tensor): Tensor {
  const made = a.engine.tensor(a.shape);
  assign([made], [a, b], (x, y) => [add(x, y)]);
  return made;
}

/** Adds a gradient to a parameter's own; a first one that nobody else waits for becomes it. */
function give(parameter: Tensor, gradient: Tensor, mayKeep: boolean): void {
  if (parameter.gradient) addInto(parameter.gradient, gradient);
  else parameter.gradient = parameter.engine.keep(mayKeep ? gradient : copyOf(gradient));
}
