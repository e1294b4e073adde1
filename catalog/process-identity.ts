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
  const { started = "" } = tellingOf(pid) ?? {};
  return { pid, started };
}

/** When a process started, and whether it has ended and only waits for its parent to notice; undefined where unknown. */
function tellingOf(pid: number): { readonly started: string; readonly ended: boolean } | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // proc_pid_stat(5): the name in parentheses may hold spaces; the state comes next, the start is the 20th from there.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { started: `${fields[19] ?? ""}@${boot}`, ended: fields[0] === "Z" };
  } catch {
    return undefined;
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
  const now = tellingOf(pid);
  if (!now) return true;
  // A container without an init process keeps what was killed as a zombie for as long as it runs.
  return !now.ended && (started === "" || started === now.started);
}
