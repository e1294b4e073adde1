/** `nn/pool`: pooling over the last two sides (torch.nn.functional.max_pool2d, avg_pool2d and the adaptive ones). */
import { z } from "zod";
import { createAveragePool, createMaxPool } from "../../nn/pool.ts";
import { adaptiveWindows, type ImageSize, type PoolWindows, slidingWindows } from "../../nn/pool-windows.ts";
import { type GoldenCall, type GoldenEvaluator, type GoldenResult, variant } from "../evaluator.ts";
import { Placement } from "../place.ts";
import { elementsOf } from "../schema.ts";
import { pair } from "./pairs.ts";
import { checkUpstream, upstreamLoss } from "./upstream.ts";

const windowed = z.looseObject({
  kind: z.enum(["max", "avg"]),
  k: pair,
  stride: pair.nullish(),
  padding: pair.default({ y: 0, x: 0 }),
  dilation: pair.default({ y: 1, x: 1 }),
  ceil: z.boolean().default(false),
  count_include_pad: z.boolean().nullish(),
  divisor_override: z.int().nullish(),
});
const side = z.int().nullable();
const adaptive = z.looseObject({
  kind: z.enum(["adaptive_max", "adaptive_avg"]),
  /** A side that is left out keeps the image's. */
  out: z.union([z.int().transform((n): [number, number] => [n, n]), z.tuple([side, side])]),
});

export const pool: GoldenEvaluator = {
  area: "nn",
  loss: "pool",
  variants: {
    windowed: variant(windowed, (call) => {
      const { k, stride, padding, dilation, ceil, count_include_pad, divisor_override } = call.params;
      const windows = slidingWindows(imageOf(call), {
        ...{ kernel: k, stride: stride ?? k, padding, dilation, ceil },
        countPadding: count_include_pad ?? true,
        ...(divisor_override ? { divisor: divisor_override } : {}),
      });
      return evaluate(call, windows, call.params.kind === "max");
    }),
    adaptive: variant(adaptive, (call) => {
      const [rows, columns] = call.params.out;
      const { height, width } = imageOf(call);
      const windows = adaptiveWindows({ height, width }, { rows: rows ?? height, columns: columns ?? width });
      return evaluate(call, windows, call.params.kind === "adaptive_max");
    }),
  },
  integers: ["y_shape", "indices"],
};

function imageOf({ inputs }: GoldenCall<unknown>): ImageSize {
  const [height = 0, width = 0] = inputs.get("x").shape.slice(-2);
  return { height, width };
}

function evaluate(call: GoldenCall<unknown>, windows: PoolWindows, maximum: boolean): GoldenResult {
  const { inputs, execution } = call;
  const leading = inputs.get("x").shape.slice(0, -2);
  const shape = [...leading, windows.rows.length, windows.columns.length];
  checkUpstream(inputs, elementsOf(shape));
  const options = { ...execution, planes: elementsOf(leading), windows };
  const at = new Placement(call);
  const [x, y] = [at.input("x"), at.room("y", elementsOf(shape))];
  const [gradY, gradX] = [at.input("grad_y"), at.gradient("x") as number];
  if (maximum) {
    const layer = createMaxPool(options);
    const places = at.room("indices", elementsOf(shape));
    layer.forward({ x, y, places });
    layer.backward({ gradY, places, gradX });
  } else {
    const layer = createAveragePool(options);
    layer.forward({ x, y });
    layer.backward({ gradY, gradX });
  }
  const indices = maximum ? { indices: at.read("indices") } : {};
  return {
    outputs: { ...upstreamLoss(at.read("y"), inputs), y_shape: shape, ...indices },
    grads: at.gradients(),
  };
}
