/** The affine map of a fully connected layer as one operation: the bias is added where the product lies. */
import { record } from "../record.ts";
import { add } from "../scalar.ts";
import { shapeText } from "../shapes.ts";
import type { Tensor } from "../tensor.ts";
import { assign } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { sumTo } from "./reduce.ts";

/**
 * x W^T + b: [..., inputs], weights [outputs, inputs] and a bias [outputs] to [..., outputs].
 * @throws RangeError for shapes that do not fit
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor): Tensor {
  const { engine } = x;
  const [outputs] = weight.shape as [number];
  if (bias.shape.length !== 1 || bias.size !== outputs)
    throw new RangeError(`expected a bias of ${outputs} elements; found ${shapeText(bias.shape)}`);
  const made = engine.untracked(() => matmul(x, weight, { transposeB: true }));
  assign([made], [made, bias], (product, b) => [add(product, b)]);
  return record(made, [x, weight, bias], (gradient) => {
    const count = gradient.size / outputs;
    const rows = gradient.view([count, outputs]);
    const flat = x.view([count, x.size / count]);
    return [
      x.wantsGradient ? matmul(gradient, weight) : undefined,
      weight.wantsGradient ? matmul(rows, flat, { transposeA: true }) : undefined,
      bias.wantsGradient ? sumTo(rows, [1, outputs]).view([outputs]) : undefined,
    ];
  });
}
