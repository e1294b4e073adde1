/**
 * The contract of a method: a way to come to a trained student. Methods are rows of a table, as losses are; a study chooses
 * among them and sets their hyperparameters.
 */
import type { z } from "zod";
import type { Bilingual } from "../../experiment.ts";
import type { Paper } from "../losses/loss.ts";
import type { Classroom, Curves } from "./classroom.ts";
import type { TappedNetwork } from "./network.ts";

/** What a method leaves. */
export interface Graduate {
  /** The network that would be used; absent where several answer together. */
  readonly network?: TappedNetwork;
  /** Logits of every held example: what it is judged by. */
  readonly held: Float32Array;
  /** Of the training that `network` comes from; the last one where there are several. */
  readonly curves: Curves;
  /** How many networks of the student's kind answer together (default: 1). */
  readonly members?: number;
  /** Further figures by metric. */
  readonly figures?: Readonly<Record<string, number>>;
}

export interface Method {
  /** Short and typable. */
  readonly id: string;
  readonly title: Bilingual;
  /** Where it comes from; absent for training on labels alone. */
  readonly paper?: Paper;
  /** What is trained, on what, in a sentence. */
  readonly trains: string;
  /** Hyperparameters by name, with their defaults. */
  readonly defaults: Readonly<Record<string, unknown>>;
  /** How many teachers of the study it learns from. @throws RangeError for parameters that it refuses */
  teachers(params: unknown): number;
  train(room: Classroom, params: unknown): Promise<Graduate>;
}

interface MethodRow<P> extends Pick<Method, "id" | "title" | "paper" | "trains"> {
  readonly params: z.ZodType<P>;
  /** Default: none. */
  teachers?(params: P): number;
  train(room: Classroom, params: P): Promise<Graduate>;
}

/** A method whose parameters are checked by a schema that has a default for each. */
export function method<P>({ params: schema, teachers, train, ...row }: MethodRow<P>): Method {
  const checked = (raw: unknown): P => {
    const parsed = schema.safeParse(raw ?? {});
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new RangeError(`${row.id}: parameter ${issue?.path.join(".")}: ${issue?.message}`);
  };
  return {
    ...row,
    defaults: schema.parse({}) as Readonly<Record<string, unknown>>,
    teachers: (raw) => teachers?.(checked(raw)) ?? 0,
    train: async (room, raw) => train(room, checked(raw)),
  };
}

/** A network's answers with its curves. */
export const graduate = (room: Classroom, network: TappedNetwork, curves: Curves): Graduate => ({
  network,
  held: room.answers(network).held,
  curves,
});
