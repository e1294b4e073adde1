/**
 * The tasks that a team can be given, by name. Members load them by this table, which is all that they know of other
 * rooms; a module here must be light on the caller's side and is loaded only in a member.
 */

/** A thread's share of a prepared task: reads the job's numbers and does its part. Must neither allocate nor wait. */
export type Share = (numbers: Float64Array) => void;

/** What a task's module offers. */
export interface Task {
  /** Sets the task up in a member, from an order that was posted to it. */
  prepare(order: unknown): Share;
}

/** Finds a task by name; undefined if there is none. */
export type TaskTable = Readonly<Record<string, () => Promise<Task>>>;

export const tasks: TaskTable = {
  convolution: async () => (await import("../conv/conv-task.ts")).task,
  "convolution-gradients": async () => (await import("../conv/gradients-task.ts")).task,
  gemm: async () => (await import("../gemm/gemm-task.ts")).task,
  program: async () => (await import("./program-task.ts")).task,
  "multiply-add": async () => (await import("../measure/multiply-add-task.ts")).task,
};
