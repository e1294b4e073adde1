/** Several networks that answer together, and one student that learns from all of them. */
import { z } from "zod";
import type { Classroom } from "./classroom.ts";
import { distilled, hinton, softParams } from "./hinton.ts";
import { graduate, method } from "./method.ts";
import { trainedOnLabels } from "./plain.ts";
import { answersOf, averaged, type Teacher } from "./teacher.ts";

const members = z.int().min(2).default(10);

/** The mean answers of so many networks of the student's kind, trained on labels from different starts. */
async function committee(room: Classroom, count: number): Promise<Pick<Teacher, "shown" | "held">> {
  const all: Pick<Teacher, "shown" | "held">[] = [];
  for (let i = 0; i < count; i++) all.push(await trainedOnLabels(room, i === 0 ? "student" : `member ${i}`));
  const mean = (part: "shown" | "held"): Float32Array =>
    averaged(
      all.map((each) => each[part]),
      room.shown.classes,
    );
  return { shown: mean("shown"), held: mean("held") };
}

export const ensemble = method({
  id: "ensemble",
  title: { en: "Ensemble", zh: "集成" },
  paper: { authors: "Hansen & Salamon", year: 1990, title: "Neural Network Ensembles" },
  trains: "several networks of the student's kind on labels; their mean probabilities are judged",
  params: z.object({ members }),
  train: async (room, { members: count }) => ({
    held: (await committee(room, count)).held,
    curves: {},
    members: count,
  }),
});

export const ensembleDistillation = method({
  id: "ensemble-kd",
  title: { en: "Distilled ensemble", zh: "集成蒸馏" },
  ...(hinton.paper && { paper: hinton.paper }),
  trains: "the student as kd does, on the mean probabilities of several networks of its own kind",
  params: softParams.extend({ members }),
  async train(room, { members: count, ...params }) {
    const together = answersOf(room.engine, await committee(room, count), room.shown.classes);
    const student = room.network();
    return graduate(room, student, await distilled(room, student, together, params));
  },
});

export const severalTeachers = method({
  id: "several-teachers",
  title: { en: "Several teachers", zh: "多教师" },
  paper: {
    authors: "Wang & Yoon",
    year: 2020,
    title: "Knowledge Distillation and Student-Teacher Learning for Visual Intelligence",
    arxiv: "2004.05937",
  },
  trains: "the student as kd does, on the mean probabilities of several teachers that differ in their start",
  params: softParams.extend({ count: z.int().min(2).default(5) }),
  teachers: ({ count }) => count,
  async train(room, { count: _count, ...params }) {
    const { engine, shown } = room;
    const mean = (part: "shown" | "held"): Float32Array =>
      averaged(
        room.teachers.map((each) => each[part]),
        shown.classes,
      );
    const together = answersOf(engine, { shown: mean("shown"), held: mean("held") }, shown.classes);
    const student = room.network();
    return graduate(room, student, await distilled(room, student, together, params));
  },
});
