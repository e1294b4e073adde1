/**
 * What computes a case: an evaluator takes the parameters and the inputs and gives outputs and gradients, all on
 * generated kernels. Operations of a network and scalar losses are rows of one table (evaluators.ts); to make a new
 * kind of file runnable takes one evaluator and one row there.
 */
import type { z } from "zod";
import type { KernelTarget } from "../codegen/compile.ts";
import type { Memory } from "../codegen/memory.ts";
import type { Real } from "../gemm/arguments.ts";
import type { Tensor } from "./tensors.ts";

/** Where and in which precision a case is to be computed. */
export interface Execution {
  readonly target: KernelTarget;
  readonly element: Real;
  /** Everything allocated in it is taken back behind the case. */
  readonly memory: Memory;
}

/** Outputs by the names of the file, flat and row-major; a scalar is a number. */
export interface GoldenResult {
  readonly outputs: Readonly<Record<string, number | ArrayLike<number>>>;
  /** Gradient of `outputs.loss` by the name of the input; of constants there is none. */
  readonly grads?: Readonly<Record<string, ArrayLike<number>>>;
}

/** A case, ready to be computed. */
export interface GoldenCall<P> {
  readonly params: P;
  readonly inputs: Inputs;
  readonly execution: Execution;
}

/** One definition of an operation or loss, with the parameters that it takes. */
export interface GoldenVariant {
  /** @throws Error that says which parameter or input does not fit */
  evaluate(params: unknown, inputs: Inputs, execution: Execution): GoldenResult;
}

/** What makes all cases of one kind of file runnable. */
export interface GoldenEvaluator {
  readonly area: string;
  /** The file's `loss`. */
  readonly loss: string;
  readonly variants: Readonly<Record<string, GoldenVariant>>;
  /** Outputs that are integers, and therefore compared for equality. */
  readonly integers?: readonly string[];
  /**
   * Lists of outputs (`name.0`, `name.1` …) that may as well be their opposites, such as singular vectors: the file's own
   * are inputs, too, so that the evaluator turns its results to them.
   */
  readonly turnable?: readonly string[];
}

/** The inputs of a case by name. */
export class Inputs {
  readonly #tensors: Readonly<Record<string, Tensor>>;

  constructor(tensors: Readonly<Record<string, Tensor>>) {
    this.#tensors = tensors;
  }

  get names(): readonly string[] {
    return Object.keys(this.#tensors);
  }

  /** @throws RangeError where the case has no such input */
  get(name: string): Tensor {
    const tensor = this.find(name);
    if (tensor) return tensor;
    throw new RangeError(
      `inputs: expected "${name}"; found ${Object.keys(this.#tensors).join(", ") || "none"}; name the input so`,
    );
  }

  /** An input that may be left out. */
  find(name: string): Tensor | undefined {
    return Object.hasOwn(this.#tensors, name) ? this.#tensors[name] : undefined;
  }
}

/** A variant that checks its parameters with a schema; what the schema does not name is for the reader of the file. */
export function variant<P>(
  params: z.ZodType<P>,
  evaluate: (call: GoldenCall<P>) => GoldenResult,
): GoldenVariant {
  return {
    evaluate(raw, inputs, execution) {
      const parsed = params.safeParse(raw);
      if (parsed.success) return evaluate({ params: parsed.data, inputs, execution });
      const [issue] = parsed.error.issues;
      throw new RangeError(
        `params.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "expected another value"}`,
      );
    },
  };
}
