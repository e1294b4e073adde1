/**
 * A study as data: methods x seeds on one data set. Light to read: what is planned and judged is known without the code
 * that trains. Data and teachers belong to the study; what differs between seeds is the student's start and its batches,
 * and those are the same for all methods of a seed.
 */
import type { Cell, Profile, Settings, VariantRef } from "../../experiment.ts";
import type { NetworkSpec } from "../methods/network.ts";

/** One line of a study: a method with its hyperparameters. */
export interface Entry {
  /** Its name in tables; unique within the study. */
  readonly variant: string;
  /** An id of methods/registry.ts. */
  readonly method: string;
  readonly params?: Readonly<Record<string, unknown>>;
  /** The student, where it is not the study's: a name of `others`. */
  readonly student?: string;
  /** The share of the training examples that the student sees (default: all), with the steps of all of them. */
  readonly share?: number;
  /** The smallest profile that runs it (default: quick). */
  readonly from?: Exclude<Profile, "quick">;
}

export interface StudySize {
  readonly seeds: number;
  /** Training examples. */
  readonly examples: number;
  /** Held examples, that errors are measured on. */
  readonly held: number;
  readonly epochs: number;
  /** Expected duration. */
  readonly seconds: number;
}

export interface StudySpec {
  readonly data: StudyData;
  readonly teacher: NetworkSpec;
  readonly student: NetworkSpec;
  readonly others?: Readonly<Record<string, NetworkSpec>>;
  readonly entries: readonly Entry[];
  readonly sizes: Readonly<Record<Profile, StudySize>>;
}

/** What is learnt. Pixels of 16 x 16, so that a training takes a fraction of a second. */
export interface StudyData {
  readonly set: "digits" | "letters" | "three digits" | "multi-view";
  /** Of training labels that are drawn at random. */
  readonly labelNoise?: number;
}

/** Names that stand in every study: labels alone, Hinton's distillation, and whoever teaches. */
export const plainVariant = "plain";
export const kdVariant = "kd";
export const teacherVariant = "teacher";

/** What every study trains first: the student on labels alone, and as Hinton et al. do. */
export const baselines: readonly Entry[] = [
  { variant: plainVariant, method: "plain" },
  { variant: kdVariant, method: "kd" },
];

/** Adam's rate at the start; falls along a cosine. Twice its paper's proposal, as the steps of a study are few. */
export const rate = 2e-3;
/** Examples of a step. */
export const batch = 32;

/** Studies run on WebAssembly alone: strict arithmetic gives the same bits on every target, so that another tells nothing new. */
export const studyRef = (variant: string): VariantRef => ({ variant, target: "wasm" });

/** `digits of 16x16, 2000 examples`: the workload of a study of this size. */
export function workloadOf({ data }: Pick<StudySpec, "data">, { examples }: StudySize): string {
  const noise = data.labelNoise ? `, ${data.labelNoise * 100} % of labels at random` : "";
  return `${data.set === "multi-view" ? data.set : `${data.set} of 16x16`}, ${examples} examples${noise}`;
}

const profiles: readonly Profile[] = ["quick", "standard", "full"];

/** The entries of a study that a profile runs. */
export const entriesFor = ({ entries }: Pick<StudySpec, "entries">, profile: Profile): readonly Entry[] =>
  entries.filter(({ from }) => profiles.indexOf(from ?? "quick") <= profiles.indexOf(profile));

/** The one cell of a study. */
export const studyPlan =
  (spec: StudySpec) =>
  ({ targets, profile }: Settings): readonly Cell[] => {
    const size = spec.sizes[profile];
    if (!targets.includes("wasm")) return [];
    const entries = entriesFor(spec, profile);
    const variants = [teacherVariant, ...entries.map(({ variant }) => variant)].map(studyRef);
    return [{ workload: workloadOf(spec, size), variants, seconds: size.seconds, silence: 300 }];
  };
