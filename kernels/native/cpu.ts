/**
 * The CPU that the program runs on, from a generated routine that executes CPUID and XGETBV. It needs no file of the
 * operating system, so it works where containers and guests hide /proc and /sys, and on Windows.
 */
import { type CpuCache, cpuCaches } from "./cpu-caches.ts";
import { type CpuFeature, cpuFeatures, unsupportedFeatures } from "./cpu-features.ts";
import { type Microarchitecture, microarchitecture } from "./cpu-models.ts";
import { bit, bits, type CpuidDump, hypervisorBit, recordDump, textOf } from "./cpuid.ts";
import { cpuidInstructions } from "./cpuid-routine.ts";

export interface Cpu {
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
  /** The name that the CPU, or its hypervisor, gives itself. */
  readonly brand: string;
  readonly microarchitecture: Microarchitecture | undefined;
  /** Extensions that may be used. */
  readonly features: readonly CpuFeature[];
  /** Extensions that the CPU has, but whose registers the operating system does not save. */
  readonly unsupported: readonly CpuFeature[];
  readonly caches: readonly CpuCache[];
  /** Whether the last of `caches` is the last level; some hypervisors hide it. */
  readonly cachesComplete: boolean;
  /** Whether cores of two kinds are on the chip. */
  readonly hybrid: boolean;
  /** Name of the hypervisor, or null on bare metal. */
  readonly hypervisor: string | null;
}

/** What a recording says. */
export function describeCpu(dump: CpuidDump): Cpu {
  const { ebx, ecx, edx } = dump.leaf(0);
  const vendor = textOf([ebx, edx, ecx]);
  const signature = { vendor, ...familyModelStepping(dump.leaf(1).eax) };
  const { caches, complete } = cpuCaches(dump);
  return {
    ...signature,
    brand: brandOf(dump),
    microarchitecture: microarchitecture(signature),
    features: cpuFeatures(dump),
    unsupported: unsupportedFeatures(dump),
    caches,
    cachesComplete: complete,
    hybrid: bit(dump.leaf(7).edx, 15),
    hypervisor: bit(dump.leaf(1).ecx, hypervisorBit) ? hypervisorName(dump) : null,
  };
}

let asked: Cpu | undefined;

/**
 * The CPU of this machine; the instructions are executed once.
 *
 * @throws RefusedMemory or ForeignUnavailable where no machine code can be called; RangeError where the architecture
 *   is not x64
 */
export function thisCpu(): Cpu {
  asked ??= describeCpu(recordDump(cpuidInstructions()));
  return asked;
}

/** The same, or undefined where no machine code can be called: for whoever has another source. */
export function thisCpuIfKnown(): Cpu | undefined {
  try {
    return thisCpu();
  } catch {
    return undefined;
  }
}

/** Extended fields count where the base family has no more room (Intel SDM volume 2A, figure 3-6). */
function familyModelStepping(eax: number): Pick<Cpu, "family" | "model" | "stepping"> {
  const base = bits(eax, 11, 8);
  const family = base === 0xf ? base + bits(eax, 27, 20) : base;
  const extended = base === 0x6 || base === 0xf ? bits(eax, 19, 16) : 0;
  return { family, model: (extended << 4) | bits(eax, 7, 4), stepping: bits(eax, 3, 0) };
}

function brandOf(dump: CpuidDump): string {
  const registers = [0x8000_0002, 0x8000_0003, 0x8000_0004].flatMap((leaf) => {
    const { eax, ebx, ecx, edx } = dump.leaf(leaf);
    return [eax, ebx, ecx, edx];
  });
  return textOf(registers).replace(/\s+/g, " ");
}

/** Signatures in leaf 0x40000000 (Linux, arch/x86/kernel/cpu/hypervisor.c and the vendors' documents). */
const hypervisors: Readonly<Record<string, string>> = {
  KVMKVMKVM: "KVM",
  "Linux KVM Hv": "KVM",
  TCGTCGTCGTCG: "QEMU",
  "Microsoft Hv": "Hyper-V",
  VMwareVMware: "VMware",
  XenVMMXenVMM: "Xen",
  VBoxVBoxVBox: "VirtualBox",
  "prl hyperv": "Parallels",
  "lrpepyh vr": "Parallels",
  "bhyve bhyve": "bhyve",
  ACRNACRNACRN: "ACRN",
  QNXQVMBSQG: "QNX",
  VirtualApple: "Rosetta",
};

function hypervisorName(dump: CpuidDump): string {
  const { ebx, ecx, edx } = dump.leaf(0x4000_0000);
  const signature = textOf([ebx, ecx, edx]);
  if (signature === "") return "unknown hypervisor";
  return hypervisors[signature] ?? signature;
}
