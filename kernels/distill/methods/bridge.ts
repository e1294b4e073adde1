/**
 * What stands between a student and its teacher where a loss compares their features: trained layers, the loss's own
 * trained parts, and what it keeps from one step to the next. All of it is read from the loss's `needs`.
 */
import type { Layer } from "../../nn/layers/layer.ts";
import { mean } from "../../nn/tensor/functions/reduce.ts";
import type { Indices } from "../../nn/tensor/indices.ts";
import { type Shape, sizeOf } from "../../nn/tensor/shapes.ts";
import type { Tensor } from "../../nn/tensor/tensor.ts";
import type { Batch } from "../../nn/train/examples.ts";
import { connectionFor } from "../losses/connect.ts";
import { fusionFor } from "../losses/fusion.ts";
import type { LossNeeds, LossPart, LossVariant } from "../losses/loss.ts";
import type { Classroom } from "./classroom.ts";
import { lossInputs } from "./loss-inputs.ts";
import { keeperOf } from "./memory.ts";
import type { TappedNetwork, Trace } from "./network.ts";
import type { Teacher } from "./teacher.ts";

/** What is trained between the two networks at some taps, and the loss there. */
export interface Bridge {
  readonly name: string;
  readonly layer: Layer;
  loss(trace: Trace, batch: Batch): Tensor;
}

export interface Span {
  readonly definition: LossVariant;
  readonly params: Readonly<Record<string, unknown>>;
  readonly student: TappedNetwork;
  /** One, or several for definitions that take maps of several layers. */
  readonly taps: readonly string[];
  /** Whether rows are means of a map's channels over its positions. */
  readonly pooled: boolean;
}

/** A bridge to the room's first teacher. */
export function bridge(room: Classroom, { definition, params, student, taps, pooled }: Span): Bridge {
  const needs = definition.needs as LossNeeds;
  const [teacher] = room.teachers as readonly [Teacher];
  const batched = (shape: Shape = []): Shape => [2, ...(pooled ? shape.slice(0, 1) : shape)];
  const way = wayOf(
    needs,
    taps.map((tap) => batched(student.shapes[tap])),
    taps.map((tap) => batched(teacher.shapes[tap])),
  );
  const name = taps.join(" and ");
  const own = needs.parts?.(way.student, way.teacher) ?? [];
  const parameters = startsOf(room, name, [...way.parts, ...own]);
  const part = (wanted: string): Tensor => parameters[wanted] as Tensor;
  const named = Object.fromEntries(own.map((each) => [each.name, part(each.name)]));
  const keeper = needs.memory && keeperOf(room, needs.memory, name);
  const seen = (map: Tensor): Tensor => (pooled ? mean(map, { over: [2, 3] }) : map);
  return {
    name,
    layer: { parameters, forward: (x) => x, cost: (output) => ({ output, flops: 0 }) },
    loss(trace, batch) {
      const given: Record<string, Tensor | Indices> = {
        ...named,
        ...way.connect(
          taps.map((tap) => seen(trace[tap] as Tensor)),
          taps.map((tap) => seen(teacher.of(batch, tap))),
          part,
        ),
        ...(needs.predictions && { student_logits: trace.logits, teacher_logits: teacher.of(batch) }),
        ...keeper?.inputs(batch),
      };
      const { loss, outputs } = definition.compute(lossInputs(given), params);
      keeper?.keep(outputs ?? {});
      return loss;
    },
  };
}

/** A connection of one tap, or of each of several. */
interface Way {
  readonly parts: readonly LossPart[];
  readonly student: Shape;
  readonly teacher: Shape;
  connect(
    student: readonly Tensor[],
    teacher: readonly Tensor[],
    part: (name: string) => Tensor,
  ): Readonly<Record<string, Tensor>>;
}

function wayOf(needs: LossNeeds, students: readonly Shape[], teachers: readonly Shape[]): Way {
  const [student, teacher] = [students[0] as Shape, teachers[0] as Shape];
  if (needs.fused) {
    const { parts, fuse } = fusionFor(students, teachers);
    const connect: Way["connect"] = (s, t, part) => ({
      ...numbered("student", fuse(s, part)),
      ...numbered("teacher", t),
    });
    return { parts, student: teacher, teacher, connect };
  }
  if (needs.takes !== "maps") {
    const one = connectionFor(needs, student, teacher);
    return { ...one, connect: (s, t, part) => one.connect(s[0] as Tensor, t[0] as Tensor, part) };
  }
  const ways = students.map((shape, i) => connectionFor(needs, shape, teachers[i] as Shape, `connect.${i}`));
  return {
    ...{ parts: ways.flatMap(({ parts }) => parts), student, teacher },
    connect(s, t, part) {
      const ends = ways.map((way, i) => way.connect(s[i] as Tensor, t[i] as Tensor, part));
      return {
        ...numbered(
          "student",
          ends.map((end) => end.student),
        ),
        ...numbered(
          "teacher",
          ends.map((end) => end.teacher),
        ),
      };
    },
  };
}

/** `name.0`, `name.1` … */
const numbered = (name: string, tensors: readonly Tensor[]): Readonly<Record<string, Tensor>> =>
  Object.fromEntries(tensors.map((tensor, i) => [`${name}.${i}`, tensor]));

function startsOf(
  room: Classroom,
  name: string,
  parts: readonly LossPart[],
): Readonly<Record<string, Tensor>> {
  const random = room.random(`start of the bridge at ${name}`);
  return Object.fromEntries(
    parts.map((part) => [part.name, room.engine.parameter(part.shape, startOf(part, random))]),
  );
}

/** The numbers that a part starts with. */
const startOf = ({ shape, start, spread }: LossPart, random: () => number): Float32Array =>
  Float32Array.from({ length: sizeOf(shape) }, () => start + spread * (2 * random() - 1));
