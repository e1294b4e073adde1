/** Checks of the machine: processor, targets, cores, virtualisation, memory. */
import { hasRelaxedMultiplyAdd } from "../../kernels/codegen/wasm/features.ts";
import { formatBytes } from "../../reports/numbers.ts";
import { type Check, type CoreFacts, type Facts, type Finding, note, ok, problem } from "./check.ts";

const MiB = 2 ** 20;
/** The three arrays of the largest stream (kernels/measure/peak.ts) and room for the program. */
const comfortableBytes = 1024 * MiB;
/** Below this a child process and its first operands do not fit. */
const leastBytes = 192 * MiB;

/** What of the extensions decides how wide a kernel can be, the widest first. */
const telling = ["amx_int8", "avx512f", "avx512_vnni", "avx_vnni", "avx2", "fma", "asimd", "sve"];

export const machineChecks: readonly Check[] = [
  { id: "cpu", looksAt: "processor and vector extensions", judge: judgeCpu },
  { id: "target", looksAt: "which targets kernels run on", judge: judgeTarget },
  { id: "executable-memory", looksAt: "whether generated code may run", judge: judgeExecutableMemory },
  { id: "cores", looksAt: "cores and what else they do", judge: (facts) => judgeCores(facts.cores()) },
  { id: "smt", looksAt: "threads that share a core", judge: (facts) => judgeSmt(facts.cores()) },
  { id: "virtualisation", looksAt: "whether a hypervisor is below", judge: judgeVirtualisation },
  { id: "memory", looksAt: "free memory", judge: judgeMemory },
];

function judgeCpu(facts: Facts): Finding {
  const { cpu: name, isa, arch } = facts.environment();
  const cpu = facts.cpu();
  const family = cpu?.microarchitecture ? ` (${cpu.microarchitecture.name})` : "";
  const found = `${name}${family}, ${arch}: ${telling.filter((each) => isa.includes(each)).join(" ") || "no vector extension that is known"}`;
  if (cpu && cpu.unsupported.length > 0) {
    const list = cpu.unsupported.join(" ");
    return note(
      `${found}; the operating system does not save the registers of ${list}`,
      "A newer kernel, or the hypervisor's setting for the CPU model, turns them on.",
    );
  }
  if (cpu?.hybrid) {
    return note(
      `${found}; cores of two kinds, and a run may land on either`,
      "Pin the run to cores of one kind: taskset -c 0 kdaccel bench … (Linux).",
    );
  }
  return ok(found);
}

function judgeTarget(facts: Facts): Finding {
  try {
    const native = facts.native();
    if (!native.available) return note(`wasm and js; not native: ${native.reason}`);
    const { isa, cpu } = native;
    const restricted = isa === "avx2" && cpu.features.includes("avx512f");
    const found = `native (${isa}), wasm (128 bit, multiply-add ${hasRelaxedMultiplyAdd ? "fused" : "not fused"}), js`;
    return restricted ? note(`${found}; restricted to AVX2 although the processor has AVX-512`) : ok(found);
  } catch (error) {
    return problem(messageOf(error), "Correct KDACCEL_TARGET, or unset it.");
  }
}

function judgeExecutableMemory(facts: Facts): Finding {
  try {
    facts.loadCode();
    return ok("a page can be written, then executed, never both at a time");
  } catch (error) {
    return note(messageOf(error), "Kernels run as WebAssembly instead; nothing else needs this.");
  }
}

function judgeCores({ logical, usable, load }: CoreFacts): Finding {
  const found = `${usable} of ${logical} logical processors usable, load ${load.toFixed(2)}`;
  // A core that is half taken away makes its share of the samples wrong by half.
  if (load > usable / 2) return note(found, "Other work is running: let it end before you measure.");
  return usable < logical ? note(`${found}; the rest is kept from this process`) : ok(found);
}

function judgeSmt({ threadsPerCore }: CoreFacts): Finding {
  if (threadsPerCore === undefined) return ok("the system does not tell");
  if (threadsPerCore === 1) return ok("one thread a core");
  return note(
    `${threadsPerCore} threads share each core`,
    "Figures for more threads than cores say little: both threads use the same arithmetic units.",
  );
}

function judgeVirtualisation(facts: Facts): Finding {
  const { virtualised } = facts.environment();
  if (virtualised === null) return ok("none to be seen");
  return note(
    `a guest of ${virtualised}`,
    "Neighbours share caches, memory and power with it: trust paired ratios, and absolute times less.",
  );
}

function judgeMemory(facts: Facts): Finding {
  const { totalBytes, availableBytes } = facts.memory();
  const found = `${formatBytes(availableBytes)} of ${formatBytes(totalBytes)} available`;
  if (availableBytes < leastBytes) return problem(found, "Close something: experiments will not start.");
  if (availableBytes < comfortableBytes)
    return note(found, "The largest workloads of profile full need more.");
  return ok(found);
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
