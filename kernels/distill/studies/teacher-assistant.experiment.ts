/**
 * Does an assistant of middle size help where teacher and student are far apart (Mirzadeh et al. 2019)? Sizes as in the
 * catalogue's test: 512 units, 48, 8.
 */
import { changeRule, differenceBelow, provided, teacherIsBetter, teacherRule } from "./rules.ts";
import { baselines, kdVariant, type StudySpec } from "./study.ts";
import { studyRow } from "./study-row.ts";

export const assistantVariant = "teacher-assistant";

export const teacherAssistantSpec: StudySpec = {
  data: { set: "digits" },
  teacher: { kind: "mlp", hidden: [512] },
  student: { kind: "mlp", hidden: [8] },
  others: { assistant: { kind: "mlp", hidden: [48] } },
  entries: [...baselines, { variant: assistantVariant, method: "teacher-assistant" }],
  sizes: {
    quick: { seeds: 3, examples: 1000, held: 1000, epochs: 12, seconds: 4 },
    standard: { seeds: 10, examples: 2000, held: 4000, epochs: 40, seconds: 80 },
    full: { seeds: 30, examples: 5000, held: 10_000, epochs: 40, seconds: 600 },
  },
};

export const teacherAssistantStudy = studyRow(teacherAssistantSpec, {
  id: "teacher-assistant",
  title: { en: "An assistant between teacher and student", zh: "师生之间的助教" },
  question:
    "Does a very small student learn more from a network of middle size, itself taught by the teacher, than from the large " +
    "teacher directly?",
  topics: ["kd-surveys"],
  claims: [
    {
      claim: "teacher-assistant-bridges-gap",
      rule: changeRule(assistantVariant, kdVariant) + teacherRule,
      judge: (evidence) =>
        provided(
          [teacherIsBetter(evidence, teacherAssistantSpec)],
          [differenceBelow(evidence, { variant: assistantVariant, against: kdVariant })],
        ),
    },
  ],
});
