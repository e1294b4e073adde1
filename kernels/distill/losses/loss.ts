/**
 * The contract of a distillation loss: what it is, where it comes from, what it needs of teacher and student, and its
 * definitions. Published code often differs from its paper, so one loss has several variants, each a function of named
 * tensors to a number that gradients pass through.
 */
import type { z } from "zod";
import type { Bilingual } from "../../experiment.ts";
import type { Indices } from "../../nn/tensor/indices.ts";
import type { Shape } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";

/** What a loss looks at: outputs, maps between layers, relations among examples … */
export type LossKind =
  | "labels"
  | "logits"
  | "features"
  | "relations"
  | "attention"
  | "sequence"
  | "ranking"
  | "data-free";

export interface Paper {
  readonly authors: string;
  readonly year: number;
  readonly title: string;
  readonly arxiv?: string;
}

/** The named inputs of one evaluation: `student`, `teacher`, `labels`, or `student.0`, `student.1` … for lists. */
export interface LossInputs {
  /** @throws RangeError that says which there are */
  tensor(name: string): Tensor;
  /** One that may be left out. */
  find(name: string): Tensor | undefined;
  /** `name.0`, `name.1` … @throws RangeError where there is none */
  list(name: string): readonly Tensor[];
  /** Whole numbers from 0 to below `limit`. @throws RangeError where there are none, or one is none */
  indices(name: string, limit: number): Indices;
  /** Whatever numbers are there, outside the engine: labels of which some are to be ignored. @throws RangeError */
  numbers(name: string): ArrayLike<number>;
}

/** A part of a loss that is trained with the student, such as a regressor's weights: an input of its own. */
export interface LossPart {
  readonly name: string;
  readonly shape: Shape;
  /** It starts with numbers from `start - spread` to `start + spread`, all alike likely. */
  readonly start: number;
  readonly spread: number;
}

/**
 * What the inputs `student` and `teacher` are: `rows` [batch, features] (a map is flattened), a `map` [batch, channels,
 * height, width], several `maps` of layers from input to output, `logits` of a map of classes, or hidden `states`
 * [batch, length, width] of two layers.
 */
export type Taken = "rows" | "map" | "maps" | "logits" | "states";

/** What a definition needs of student and teacher beside their predictions. */
export interface LossNeeds {
  readonly takes: Taken;
  /** Which sides of the two must agree; those of other names may differ. */
  readonly alike: readonly ("channels" | "height" | "width" | "features")[];
  /** Whether sizes that differ must be those of square maps. */
  readonly squares?: boolean;
  /** The trained parts for these shapes of `student` and `teacher`. */
  readonly parts?: (student: Shape, teacher: Shape) => readonly LossPart[];
  /** Further inputs by name, which are constants. */
  readonly also?: readonly string[];
  /** Whether `student_logits` and `teacher_logits` are asked for beside features. */
  readonly predictions?: boolean;
  /** Whether maps are those before their activation. */
  readonly linear?: boolean;
  /** Width that a trained linear layer of each side brings its rows to before they are compared. */
  readonly embedded?: number;
  /** Whether rows of either side are brought to mean 0 and variance 1 over the batch, with this added to the variance. */
  readonly normalised?: number;
  /** Inputs as wide as the teacher's rows that are made of the student's: linear, then batch normalisation, both trained. */
  readonly predicted?: readonly string[];
  /** Whether each of the student's maps is fused with the deeper ones before it is compared (fusion.ts). */
  readonly fused?: boolean;
  readonly memory?: LossMemory;
}

/** What a definition keeps from one step to the next, and what it draws anew in each. */
export interface LossMemory {
  /** Outputs by the names of the inputs that they are in the next step. */
  readonly back: Readonly<Record<string, string>>;
  /** Where inputs start, for so many training examples; others are left out until they are reported. */
  starts(examples: number): readonly LossPart[];
  /** Whole numbers below the number of training examples, for a step on these rows of them. */
  draws(
    rows: readonly number[],
    labels: ArrayLike<number>,
    random: () => number,
  ): Readonly<Record<string, readonly number[]>>;
}

export interface LossResult {
  /** Of one element. */
  readonly loss: Tensor;
  /** Terms of the loss and whatever else it reports, by name. */
  readonly outputs?: Readonly<Record<string, Tensor | readonly number[]>>;
}

/** One definition of a loss. */
export interface LossVariant {
  /** Whose definition it is, and where it stands. */
  readonly source: string;
  /** What is computed, in symbols. */
  readonly formula: string;
  /** The parameters by name, with their defaults; each has one, or may be left out. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** The parameters' values, with defaults; what it does not name is ignored. */
  compute(inputs: LossInputs, params: unknown): LossResult;
  /** Undefined where the inputs are predictions, labels, or what the formula names. */
  readonly needs?: LossNeeds;
}

export interface DistillationLoss {
  /** Short and typable; also the name of its golden file. */
  readonly id: string;
  readonly title: Bilingual;
  readonly kind: LossKind;
  readonly paper: Paper;
  readonly variants: Readonly<Record<string, LossVariant>>;
  /** Outputs that are whole numbers. */
  readonly integers?: readonly string[];
  /**
   * Lists of outputs that may as well be their opposites, such as singular vectors: given as inputs under their own names,
   * they say which way.
   */
  readonly turnable?: readonly string[];
}

/** A variant whose parameters are checked by a schema that has a default for each. @throws RangeError for parameters that it refuses */
export function lossVariant<P>(
  source: string,
  formula: string,
  schema: z.ZodType<P>,
  compute: (inputs: LossInputs, params: P) => LossResult | Tensor,
  needs?: LossNeeds,
): LossVariant {
  return {
    source,
    formula,
    ...(needs && { needs }),
    defaults: schema.parse({}) as Readonly<Record<string, unknown>>,
    compute(inputs, raw) {
      const parsed = schema.safeParse(raw);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        throw new RangeError(`params.${issue?.path.join(".")}: ${issue?.message}`);
      }
      const result = compute(inputs, parsed.data);
      return "loss" in result ? result : { loss: result };
    },
  };
}
