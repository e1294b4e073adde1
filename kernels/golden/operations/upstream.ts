/** The scalar that files of operations differentiate: sum(y * grad_y), added up in double precision. */
import type { Placed } from "../place.ts";
import type { Tensor } from "../tensors.ts";

/** The outputs `loss` and `y` of an operation. @throws RangeError where grad_y has another length than y */
export function upstreamLoss(y: Placed, gradY: Tensor): { loss: number; y: Float64Array } {
  const values = y.read();
  checkUpstream(gradY, values.length);
  let loss = 0;
  for (let i = 0; i < values.length; i++) loss += (values[i] as number) * (gradY.values[i] as number);
  return { loss, y: values };
}

/** @throws RangeError where grad_y has another length than the result */
export function checkUpstream(gradY: Tensor, length: number): void {
  if (gradY.values.length === length) return;
  throw new RangeError(`inputs.grad_y: expected ${length} values, as y has; found ${gradY.values.length}`);
}
