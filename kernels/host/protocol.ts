/**
 * What the host and its child process say to each other: lines of JSON on two pipes. The child writes synchronously,
 * so that whatever it announced before it died has arrived. messages.ts checks what arrives; the child needs only this.
 */
import type { Cell, FinishedTraining, Settings, VariantRef } from "../experiment.ts";

/** File descriptors in the child: commands come in on one, events go out on the other. */
export const controlDescriptor = 3;
export const eventDescriptor = 4;

/** The host's second command, after the job: finish the current sample and end. */
export const stopCommand = "stop";

/** The host's first line: what to run. */
export interface Job {
  readonly experiment: string;
  readonly cell: Cell;
  readonly settings: Settings;
  /** Variants that crashed or hung in earlier attempts at this cell. */
  readonly excluded: readonly VariantRef[];
  /** Trainings of this cell that were finished in earlier attempts, or before the run was interrupted. */
  readonly trainings?: readonly FinishedTraining[];
}
