/** The scalar that files of operations differentiate: sum(y * grad_y), added up in double precision. */
import type { Inputs } from "../evaluator.ts";

/** The outputs `loss` and `y` of an operation. */
export function upstreamLoss(y: Float64Array, inputs: Inputs): { loss: number; y: Float64Array } {
  checkUpstream(inputs, y.length);
  const { values } = inputs.get("grad_y");
  let loss = 0;
  for (let i = 0; i < y.length; i++) loss += (y[i] as number) * (values[i] as number);
  return { loss, y };
}

/** Before anything runs. @throws RangeError where grad_y has another length than the result */
export function checkUpstream(inputs: Inputs, length: number): void {
  const found = inputs.get("grad_y").values.length;
  if (found !== length)
    throw new RangeError(`inputs.grad_y: expected ${length} values, as y has; found ${found}`);
}
