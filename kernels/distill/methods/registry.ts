/** Every method, one row each; studies and documents read this table. */
import { bornAgain, selfDistillation } from "./born-again.ts";
import { featureMethods } from "./by-features.ts";
import { lossMethods } from "./by-loss.ts";
import { codistillation } from "./codistillation.ts";
import { ensemble, ensembleDistillation, severalTeachers } from "./ensemble.ts";
import { hinton } from "./hinton.ts";
import { hints } from "./hints.ts";
import type { Method } from "./method.ts";
import { mutual } from "./mutual.ts";
import { plain } from "./plain.ts";
import { retraining } from "./retraining.ts";
import { teacherAssistant } from "./teacher-assistant.ts";

export const methods: readonly Method[] = [
  plain,
  hinton,
  teacherAssistant,
  mutual,
  codistillation,
  bornAgain,
  selfDistillation,
  ensemble,
  ensembleDistillation,
  severalTeachers,
  retraining,
  hints,
  ...lossMethods,
  ...featureMethods,
];

/** The method of this id. @throws RangeError that says which there are */
export function methodCalled(id: string): Method {
  const found = methods.find((each) => each.id === id);
  if (found) return found;
  throw new RangeError(`expected a method of ${methods.map((each) => each.id).join(", ")}; found ${id}`);
}
