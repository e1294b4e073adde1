/** A teacher assistant: a network of middle size learns from the teacher, and the student from it. */
import { z } from "zod";
import { distilled, softParams } from "./hinton.ts";
import { graduate, method } from "./method.ts";
import { answersOf, type Teacher } from "./teacher.ts";

export const teacherAssistant = method({
  id: "teacher-assistant",
  title: { en: "Teacher assistant", zh: "助教" },
  paper: {
    authors: "Mirzadeh, Farajtabar, Li, Levine, Matsukawa & Ghasemzadeh",
    year: 2019,
    title: "Improved Knowledge Distillation via Teacher Assistant",
    arxiv: "1902.03393",
  },
  trains:
    "the network `assistant` of the study on the teacher, then the student on the assistant, both as kd does",
  params: softParams.extend({ assistant: z.string().default("assistant") }),
  teachers: () => 1,
  async train(room, { assistant: name, ...params }) {
    const spec = room.others[name];
    if (!spec) throw new RangeError(`expected the study to have a network ${name}; found none`);
    const assistant = room.network(spec, name);
    await distilled(room, assistant, room.teachers[0] as Teacher, params, { order: name });
    const between = answersOf(room.engine, room.answers(assistant), room.shown.classes);
    const student = room.network();
    return graduate(room, student, await distilled(room, student, between, params));
  },
});
