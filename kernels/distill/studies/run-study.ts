/**
 * Runs a study: teachers once, then every method with every seed, each training recorded the moment it is through. In the
 * end come means with intervals over seeds, and paired differences from the plain student and from Hinton's distillation.
 */
import type { Bench, Cell, FinishedTraining, Procedure } from "../../experiment.ts";
import { parameterCount } from "../../nn/layers/layer.ts";
import { Engine } from "../../nn/tensor/engine.ts";
import type { Examples } from "../../nn/train/examples.ts";
import { errorOf } from "../../nn/train/train.ts";
import { type Classroom, classroomOf } from "../methods/classroom.ts";
import type { Graduate, Method } from "../methods/method.ts";
import { networkOf } from "../methods/network.ts";
import { onLabels } from "../methods/plain.ts";
import { methodCalled } from "../methods/registry.ts";
import { lossOf, type Teacher, teacherOf } from "../methods/teacher.ts";
import { rowsOf, studyExamples } from "./examples.ts";
import {
  batch,
  type Entry,
  kdVariant,
  plainVariant,
  rate,
  type StudySize,
  type StudySpec,
  studyRef,
  teacherVariant,
} from "./study.ts";

/** What a study may add to the frame. */
export interface StudyHooks {
  /** Further figures of a trained student. */
  figures?(made: Graduate, place: StudyPlace): Readonly<Record<string, number>>;
  /** Further measurements from the figures of all trainings, seed by seed. */
  derive?(found: StudyResults, bench: Bench): void;
  /** What students see of what is drawn; teachers are trained on all of it, and asked about this. */
  examples?(all: StudyExamples): StudyExamples;
}

interface StudyExamples {
  readonly shown: Examples;
  readonly held: Examples;
}

export interface StudyPlace {
  readonly room: Classroom;
  readonly entry: Entry;
}

/** The figures of one variant by seed, `training-time` among them; seeds whose training failed are absent. */
export interface StudyResults {
  /** Trainings of a variant that were not given up, by seed. */
  trainings(variant: string): readonly FinishedTraining[];
  /** What is known of a variant. */
  metrics(variant: string): readonly string[];
  values(variant: string, metric: string): ReadonlyMap<number, number>;
  /** Of seeds that both have, in their order: pairs of values. */
  pairs(variant: string, against: string, metric: string): readonly (readonly [number, number])[];
}

/** The procedure of a study. */
export const studyProcedure = (spec: StudySpec, hooks: StudyHooks = {}): Procedure => ({
  run: (cell, bench) => runStudy(spec, hooks, cell, bench),
});

/** Memory that tensors of a study may take together; what is used is a few megabytes. */
const engineBytes = 2 ** 28;

async function runStudy(spec: StudySpec, hooks: StudyHooks, _cell: Cell, bench: Bench): Promise<void> {
  const size = spec.sizes[bench.settings.profile];
  const engine = new Engine({ target: "wasm", arithmetic: "strict", bytes: engineBytes });
  bench.progress("drawing the examples", 0, 1);
  const drawn = studyExamples(spec.data, size, (label) => bench.random(label));
  const school: School = { spec, size, engine, bench, hooks, data: hooks.examples?.(drawn) ?? drawn, drawn };
  const entries = spec.entries.filter(({ variant }) => bench.variants.some((ref) => ref.variant === variant));
  const used = entries.map((entry) => [entry, methodCalled(entry.method)] as const);
  const count = Math.max(1, ...used.map(([entry, row]) => row.teachers(entry.params)));
  const done: FinishedTraining[] = [];
  const faculty = await teachersOf(school, count, done);
  const total = size.seeds * entries.length;
  let at = 0;
  for (let i = 0; i < size.seeds; i++) {
    const shared = new Map<string, unknown>();
    for (const [entry, row] of used) {
      const progress = { at: at++, total };
      done.push(
        await trainOne(school, { entry, row, seed: bench.settings.seed + i, faculty, shared, progress }),
      );
    }
  }
  record(resultsOf(done), entries, bench);
  hooks.derive?.(resultsOf(done), bench);
}

interface School {
  readonly spec: StudySpec;
  readonly size: StudySize;
  readonly engine: Engine;
  readonly bench: Bench;
  readonly hooks: StudyHooks;
  /** What students see and are judged by. */
  readonly data: StudyExamples;
  /** What teachers saw. */
  readonly drawn: StudyExamples;
}

interface Assignment {
  readonly entry: Entry;
  readonly row: Method;
  readonly seed: number;
  faculty(count: number): Promise<readonly Teacher[]>;
  readonly shared: Map<string, unknown>;
  readonly progress: { readonly at: number; readonly total: number };
}

function trainOne(school: School, job: Assignment): Promise<FinishedTraining> {
  const { engine, bench, spec, hooks } = school;
  const { entry, row, seed, progress } = job;
  const ref = studyRef(entry.variant);
  return bench.training(ref, seed, async () => {
    const teachers = await job.faculty(row.teachers(entry.params));
    const say = (text: string, curve?: readonly number[]): void =>
      bench.progress(text, progress.at, progress.total, ref, curve);
    say(`${entry.variant}, seed ${seed}`);
    return engine.estate(async () => {
      const room = roomFor(school, { ...job, teachers }, (epoch, errors) =>
        say(`${entry.variant}, seed ${seed}, epoch ${epoch + 1} of ${school.size.epochs}`, errors),
      );
      const made = await row.train(room, entry.params);
      const own = entry.student === undefined ? spec.student : room.student;
      const one = networkOf({ engine, random: () => 0.5 }, own, room.shown.shape, room.shown.classes);
      const members = made.members ?? 1;
      const figures = {
        "test-error": errorOf(made.held, room.held),
        "test-loss": lossOf(made.held, room.held),
        parameters: members * parameterCount(one),
        "inference-flops": members * one.cost(room.shown.shape).flops,
        ...made.figures,
        ...hooks.figures?.(made, { room, entry }),
      };
      return { figures, curves: made.curves };
    });
  });
}

function roomFor(
  { engine, spec, size, data, bench }: School,
  {
    entry,
    seed,
    teachers,
    shared,
  }: Pick<Assignment, "entry" | "seed" | "shared"> & { readonly teachers: readonly Teacher[] },
  onEpoch: (epoch: number, errors: readonly number[]) => void,
): Classroom {
  const { student: name, share = 1 } = entry;
  const others = spec.others ?? {};
  const student = name === undefined ? spec.student : others[name];
  if (!student) throw new RangeError(`expected a network ${name} in the study; found none`);
  return classroomOf({
    ...{ engine, seed, teachers, shared, student, batch, rate, onEpoch },
    others: { ...others, teacher: spec.teacher },
    shown: share === 1 ? data.shown : firstShare(data.shown, share),
    held: data.held,
    // As many steps as on all examples: what differs is how much is seen, not how long.
    epochs: Math.round(size.epochs / share),
    random: (label) => bench.random(label),
  });
}

const firstShare = (examples: Examples, share: number): Examples =>
  rowsOf(examples, [...Array(Math.round(examples.labels.length * share)).keys()]);

/** Trains and records the teachers of a study; one that a resumed run has recorded is trained when it is first needed. */
async function teachersOf(
  school: School,
  count: number,
  done: FinishedTraining[],
): Promise<(count: number) => Promise<readonly Teacher[]>> {
  const { bench } = school;
  const trained: Teacher[] = [];
  const one = async (number: number) => {
    const { teacher, training } = await trainTeacher(school, number);
    trained[number] = teacher;
    return training;
  };
  for (let number = 0; number < count; number++) {
    const record = await bench.training(studyRef(teacherVariant), bench.settings.seed + number, () =>
      one(number),
    );
    done.push(record);
  }
  return async (wanted) => {
    for (let number = 0; number < wanted; number++) if (!trained[number]) await one(number);
    return trained.slice(0, wanted);
  };
}

async function trainTeacher({ engine, spec, size, bench, data, drawn }: School, number: number) {
  const seed = bench.settings.seed + number;
  const ref = studyRef(teacherVariant);
  bench.progress(`teacher ${number + 1}`, 0, 1, ref);
  const room = classroomOf({
    ...{ engine, seed, teachers: [], shared: new Map(), batch, rate, epochs: size.epochs, others: {} },
    ...{ ...drawn, student: spec.teacher },
    random: (label) => bench.random(`teacher's ${label}`),
    onEpoch: (epoch, errors) =>
      bench.progress(
        `teacher ${number + 1}, epoch ${epoch + 1} of ${size.epochs}`,
        epoch,
        size.epochs,
        ref,
        errors,
      ),
  });
  const network = room.network();
  const curves = await onLabels(room, network);
  // It answers on what the students see.
  const teacher = teacherOf(engine, network, data);
  const figures = {
    "test-error": errorOf(teacher.held, drawn.held),
    "test-loss": lossOf(teacher.held, drawn.held),
    parameters: parameterCount(network),
    "inference-flops": network.cost(drawn.shown.shape).flops,
  };
  return { teacher, training: { figures, curves } };
}

function resultsOf(done: readonly FinishedTraining[]): StudyResults {
  const values = (variant: string, metric: string): Map<number, number> =>
    new Map(
      done.flatMap((each) => {
        const value = metric === "training-time" && !each.failure ? each.seconds : each.figures[metric];
        return each.variant === variant && value !== undefined ? [[each.seed, value] as const] : [];
      }),
    );
  return {
    values,
    trainings: (variant) => done.filter((each) => each.variant === variant && each.failure === undefined),
    metrics: (variant) => [
      ...new Set(done.flatMap((each) => (each.variant === variant ? Object.keys(each.figures) : []))),
      "training-time",
    ],
    pairs(variant, against, metric) {
      const other = values(against, metric);
      return [...values(variant, metric)].flatMap(([seed, value]) => {
        const paired = other.get(seed);
        return paired === undefined ? [] : [[value, paired] as const];
      });
    },
  };
}

/** What is the same for every seed. */
const constant = new Set(["parameters", "inference-flops"]);

function record(found: StudyResults, entries: readonly Entry[], bench: Bench): void {
  const variants = [teacherVariant, ...entries.map(({ variant }) => variant)];
  for (const variant of variants) {
    for (const metric of found.metrics(variant)) {
      const values = [...found.values(variant, metric).values()];
      if (values[0] === undefined) continue;
      if (constant.has(metric)) bench.exact(studyRef(variant), metric, values[0]);
      else bench.repeated(studyRef(variant), metric, values);
    }
  }
  for (const against of [plainVariant, kdVariant])
    for (const { variant } of entries)
      if (variant !== against && variant !== plainVariant) recordChange(found, bench, { variant, against });
}

/** A paired difference of two variants in a metric, recorded under the name of its change (default: the test error's). */
export function recordChange(
  found: StudyResults,
  bench: Bench,
  { variant, against, metric = "test-error", change = "test-error-change" }: RecordedChange,
): void {
  const changes = found.pairs(variant, against, metric).map(([own, other]) => own - other);
  if (changes.length > 0) bench.repeated(studyRef(variant), change, changes, studyRef(against));
}

/**
 * The share of the gap between two variants' errors that a third one closes. Seeds where there is no gap would divide by
 * nothing: the ratio of each seed is taken against the mean gap, so that the mean is the ratio of the means.
 */
export function recordGapClosed(
  found: StudyResults,
  bench: Bench,
  { variant, from, to }: { readonly variant: string; readonly from: string; readonly to: string },
): void {
  const gaps = found.pairs(from, to, "test-error").map(([worse, better]) => worse - better);
  const gap = gaps.reduce((sum, value) => sum + value, 0) / gaps.length;
  const closed = found.pairs(from, variant, "test-error").map(([worse, own]) => (worse - own) / gap);
  if (closed.length > 0 && gap > 0) bench.repeated(studyRef(variant), "gap-closed", closed, studyRef(to));
}

interface RecordedChange {
  readonly variant: string;
  readonly against: string;
  readonly metric?: string;
  readonly change?: string;
}
