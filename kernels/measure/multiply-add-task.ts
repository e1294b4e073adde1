/** The multiply-add loop as a team's task: the peak of N threads is measured by N threads, not multiplied by N. */
import type { Task } from "../threads/tasks.ts";
import { multiplyAddCall, type PeakTarget } from "./peak.ts";

export const task: Task = { prepare: (target) => multiplyAddCall(target as PeakTarget) };
