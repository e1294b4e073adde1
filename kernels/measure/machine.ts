/**
 * Describes the machine that a run is made on, from what the operating system tells; where it hides the caches, the
 * extensions or the hypervisor, the CPU itself is asked. Never throws: what cannot be known is left empty, and reports
 * say so.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import { thisCpuIfKnown } from "../native/cpu.ts";
import type { Environment } from "../run-events.ts";
import {
  cacheFromSysfs,
  knownExtensions,
  parseCpuInfo,
  parseSysctl,
  parseThreadsPerCore,
} from "./machine-sources.ts";

type Cache = Environment["caches"][number];

/** The machine and the software, `version` being kdaccel's own. Takes a few milliseconds. */
export function describeMachine(version: string): Environment {
  const cpuInfo = parseCpuInfo(readText("/proc/cpuinfo"));
  const sysctl = parseSysctl(process.platform === "darwin" ? sysctlText() : "");
  const isa = [...cpuInfo.isa, ...sysctl.isa];
  const caches = process.platform === "linux" ? linuxCaches() : sysctl.caches;
  const guest = cpuInfo.hypervisor || sysctl.hypervisor;
  // Asking loads koffi (about 20 ms): only for what nobody else tells.
  const asked = isa.length === 0 || caches.length === 0 || guest ? thisCpuIfKnown() : undefined;
  return {
    cpu: cpuInfo.model || sysctl.model || os.cpus()[0]?.model.trim() || asked?.brand || "unknown",
    isa: isa.length > 0 ? isa : knownExtensions(asked?.features ?? []),
    caches: caches.length > 0 ? caches : (asked?.caches ?? []).map(withoutSharing),
    cores: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    arch: process.arch,
    os: `${os.type()} ${os.release()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    kdaccel: version,
    virtualised: asked?.hypervisor ?? (guest ? firmwareName() : null),
    load: os.loadavg()[0] ?? 0,
  };
}

/** Size of the last cache level, or undefined where it is not known: a hypervisor may tell of the first two alone. */
export function largestCacheBytes(): number | undefined {
  const told = process.platform === "linux" ? linuxCaches() : parseSysctl(sysctlText()).caches;
  if (told.length > 0) return Math.max(...told.map(({ bytes }) => bytes));
  const asked = thisCpuIfKnown();
  return asked?.cachesComplete ? Math.max(...asked.caches.map(({ bytes }) => bytes)) : undefined;
}

/** Caches that hold data, smallest first, as far as system or processor tell; none where neither does. */
export function dataCaches(): readonly Cache[] {
  const told = process.platform === "linux" ? linuxCaches() : parseSysctl(sysctlText()).caches;
  const caches = told.length > 0 ? told : (thisCpuIfKnown()?.caches ?? []).map(withoutSharing);
  return caches.filter(({ level }) => !level.endsWith("i")).toSorted((a, b) => a.bytes - b.bytes);
}

function withoutSharing({ level, bytes, ways, lineBytes }: Cache): Cache {
  return { level, bytes, ways, lineBytes };
}

/** Hardware threads of one core, or undefined where the system does not tell. */
export function threadsPerCore(): number | undefined {
  const siblings = readText("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list");
  return parseThreadsPerCore(siblings, readText("/proc/cpuinfo"));
}

const cacheFolder = "/sys/devices/system/cpu/cpu0/cache";

function linuxCaches(): readonly Cache[] {
  try {
    const folders = readdirSync(cacheFolder).filter((name) => name.startsWith("index"));
    return folders.sort().flatMap((folder) => {
      const cache = cacheFromSysfs((file) => readText(`${cacheFolder}/${folder}/${file}`));
      return cache ? [cache] : [];
    });
  } catch {
    return []; // containers and exotic kernels may hide the folder
  }
}

/** What the firmware calls the machine; a guest's usually names its hypervisor. */
function firmwareName(): string {
  const names = ["/sys/hypervisor/type", "/sys/class/dmi/id/sys_vendor", "/sys/class/dmi/id/product_name"]
    .map((file) => readText(file).trim())
    .filter(Boolean);
  return names[0] ?? "unknown hypervisor";
}

const sysctlKeys = [
  "machdep.cpu",
  "hw.optional",
  "hw.cachelinesize",
  "hw.l1dcachesize",
  "hw.l2cachesize",
  "hw.l3cachesize",
  "hw.perflevel0",
  "kern.hv_vmm_present",
];

/** A key that this Mac does not have makes sysctl fail after printing the others: its exit code says nothing. */
function sysctlText(): string {
  if (process.platform !== "darwin") return "";
  return spawnSync("/usr/sbin/sysctl", sysctlKeys, { encoding: "utf8", timeout: 1000 }).stdout ?? "";
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
