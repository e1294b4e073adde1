/**
 * Which process holds a database file. Linux tells through /proc: `fd` names the files that a process has open,
 * `fdinfo` its locks (proc_pid_fdinfo(5)). Elsewhere `lsof`, where installed, names the processes that have it open.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { sanitise } from "../plain-text.ts";

export interface Holder {
  readonly pid: number;
  /** Command line with spaces between the arguments; empty where the system hides it. */
  readonly command: string;
  /** Whether it holds a write lock, not only the file. Unknown (false) outside Linux. */
  readonly writing: boolean;
}

// Long enough to recognise a program and its arguments, short enough for one line of a message.
const shownCommand = 100;

/** One holder as messages print it: `process 4242 (node bench.js)`. */
export function describeHolder({ pid, command }: Holder): string {
  if (pid === process.pid) return "this process itself";
  const short = command.length > shownCommand ? `${command.slice(0, shownCommand)}…` : command;
  return short ? `process ${pid} (${short})` : `process ${pid}`;
}

/** Processes that have the database open: those that hold a write lock if any is known, else all of them. */
export function holdersOf(path: string): Holder[] {
  const all = process.platform === "linux" ? holdersByProc(path) : holdersByLsof(path);
  const writing = all.filter((holder) => holder.writing);
  const candidates = writing.length > 0 ? writing : all;
  const others = candidates.filter((holder) => holder.pid !== process.pid);
  return others.length > 0 ? others : candidates;
}

function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function holdersByProc(path: string): Holder[] {
  const file = attempt(() => realpathSync(path), path);
  // Writers of a WAL database hold their lock on the shared-memory file (https://sqlite.org/walformat.html, 2.3).
  const files = new Set([file, `${file}-shm`, `${file}-wal`]);
  return attempt(() => readdirSync("/proc"), [])
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const descriptors = join("/proc", pid, "fd");
      const open = attempt(() => readdirSync(descriptors), []).filter((fd) =>
        files.has(attempt(() => readlinkSync(join(descriptors, fd)), "")),
      );
      if (open.length === 0) return [];
      const writing = open.some((fd) => holdsWriteLock(pid, fd));
      return [{ pid: Number(pid), command: commandOf(pid), writing }];
    });
}

function holdsWriteLock(pid: string, fd: string): boolean {
  const info = attempt(() => readFileSync(join("/proc", pid, "fdinfo", fd), "utf8"), "");
  return /^lock:.*\bWRITE\b/m.test(info);
}

function commandOf(pid: string): string {
  const raw = attempt(() => readFileSync(join("/proc", pid, "cmdline"), "utf8"), "");
  return sanitise(raw.replaceAll("\0", " ")).trim();
}

function holdersByLsof(path: string): Holder[] {
  const listed = spawnSync("lsof", ["-Fpc", "--", path], {
    cwd: dirname(path),
    encoding: "utf8",
    timeout: 2000, // lsof can hang on dead network mounts; the message must come all the same
  });
  return (listed.stdout ?? "").split(/^p/m).flatMap((record) => {
    const [pid, ...fields] = record.split("\n");
    const command = fields.find((field) => field.startsWith("c"))?.slice(1) ?? "";
    return pid && /^\d+$/.test(pid) ? [{ pid: Number(pid), command: sanitise(command), writing: false }] : [];
  });
}
