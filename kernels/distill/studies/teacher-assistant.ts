/** Procedure of `teacher-assistant`. */
import { studyProcedure } from "./run-study.ts";
import { teacherAssistantSpec } from "./teacher-assistant.experiment.ts";

export const procedure = studyProcedure(teacherAssistantSpec);
