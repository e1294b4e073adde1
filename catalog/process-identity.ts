/**
 * Whether the process that wrote something still lives. A process id alone does not say: ids are given again, so the
 * time at which the process started is kept beside it where the system tells.
 */
import { readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** Start in clock ticks since boot, with the boot's id; empty where unknown (outside Linux). */
  readonly started: string;
}

/** The identity of a living process, by default this one. */
export function identityOf(pid: number = process.pid): ProcessIdentity {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc_pid_stat(5): the name in parentheses may hold spaces; the start is field 22, the 20th after the name.
    const ticks = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    return { pid, started: `${ticks}@${boot}` };
  } catch {
    return { pid, started: "" };
  }
}

/** Whether that very process still runs. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to another user.
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const now = identityOf(pid).started;
  return started === "" || now === "" || started === now;
}
