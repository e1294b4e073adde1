/** Tasks for the tests of teams: one that is fine, and one for each thing that can go wrong in a member. */
import { allowedProcessors } from "../native/affinity.ts";
import type { TaskTable } from "./tasks.ts";

interface Sums {
  readonly sums: Float64Array;
  readonly member: number;
}

export const trialTasks: TaskTable = {
  /** Adds the job's first number to the member's sum. */
  add: async () => ({
    prepare: (order) => {
      const { sums, member } = order as Sums;
      return (numbers) => {
        sums[member] = (sums[member] as number) + (numbers[0] as number);
      };
    },
  }),
  /** Writes down the first logical processor that the member may run on, and how many there are. */
  processors: async () => ({
    prepare: (order) => {
      const { sums, member } = order as Sums;
      return () => {
        const allowed = allowedProcessors();
        sums[2 * member] = allowed[0] ?? -1;
        sums[2 * member + 1] = allowed.length;
      };
    },
  }),
  nothing: async () => ({ prepare: () => () => {} }),
  throws: async () => ({
    prepare: () => () => {
      throw new RangeError("no good");
    },
  }),
  "cannot-be-set-up": async () => ({
    prepare: () => {
      throw new Error("bad order");
    },
  }),
  exits: async () => ({ prepare: () => () => process.exit(3) }),
  /** For ever, as a kernel with a wrong bound would. */
  loops: async () => ({
    prepare: () => (numbers) => {
      for (;;) numbers[1] = ((numbers[1] as number) + 1) % 1009;
    },
  }),
  sleeps: async () => ({
    prepare: () => (numbers) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, numbers[0]);
    },
  }),
};
