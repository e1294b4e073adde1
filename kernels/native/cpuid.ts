/**
 * What the CPUID instruction says, as data: the leaves that the parsers of this room read, and the state that the
 * operating system keeps for programs (XCR0). Pure: the instruction itself comes as an argument, so that recordings of
 * other CPUs go the same way as this one.
 * Reference: Intel SDM volume 2A, CPUID; AMD APM volume 3, appendix E.
 */

/** The four registers that one leaf answers with, as unsigned 32-bit numbers. */
export interface Registers {
  readonly eax: number;
  readonly ebx: number;
  readonly ecx: number;
  readonly edx: number;
}

/** A recording: every leaf that was asked, and XCR0. */
export interface CpuidDump {
  /** The registers of a leaf; all zero where it was not recorded, as a CPU answers for most leaves it lacks. */
  leaf(leaf: number, subleaf?: number): Registers;
  /** The low half of XCR0: which registers the operating system saves. 0 where it saves none with XSAVE. */
  readonly xcr0: number;
}

/** The instructions. `xgetbv` is only executed where CPUID says that it exists. */
export interface CpuidInstructions {
  cpuid(leaf: number, subleaf: number): Registers;
  xgetbv(): number;
}

const nothing: Registers = { eax: 0, ebx: 0, ecx: 0, edx: 0 };

/** A recording from rows of leaf, subleaf and registers. */
export function dumpOf(
  rows: readonly (readonly [leaf: number, subleaf: number, registers: Registers])[],
  xcr0: number,
): CpuidDump {
  const key = (leaf: number, subleaf: number): string => `${leaf} ${subleaf}`;
  const known = new Map(rows.map(([leaf, subleaf, registers]) => [key(leaf, subleaf), registers]));
  return { leaf: (leaf, subleaf = 0) => known.get(key(leaf, subleaf)) ?? nothing, xcr0 };
}

/** Caches end with a subleaf of type 0; no CPU has had more than five, and a hypervisor may forget the end. */
const mostCaches = 8;

const cacheLeaves = [0x4, 0x8000_001d] as const;
const plainLeaves = [0x1, 0x7, 0x8000_0001, 0x8000_0002, 0x8000_0003, 0x8000_0004, 0x8000_0005, 0x8000_0006];
const hypervisorLeaf = 0x4000_0000;

/** Asks this CPU. A leaf beyond the CPU's highest would answer with another leaf's values and is not asked. */
export function recordDump({ cpuid, xgetbv }: CpuidInstructions): CpuidDump {
  const rows: [number, number, Registers][] = [];
  const ask = (leaf: number, subleaf = 0): Registers => {
    const registers = cpuid(leaf, subleaf);
    rows.push([leaf, subleaf, registers]);
    return registers;
  };
  const highest = { basic: ask(0).eax, extended: ask(0x8000_0000).eax };
  const has = (leaf: number): boolean => leaf <= (leaf < 0x8000_0000 ? highest.basic : highest.extended);
  for (const leaf of plainLeaves) if (has(leaf)) ask(leaf);
  for (const leaf of cacheLeaves) {
    for (let i = 0; has(leaf) && i < mostCaches && (ask(leaf, i).eax & 0x1f) !== 0; i++);
  }
  const asked = dumpOf(rows, 0);
  if (asked.leaf(0x7).eax >= 1) ask(0x7, 1);
  if (bit(asked.leaf(0x1).ecx, hypervisorBit)) ask(hypervisorLeaf);
  return dumpOf(rows, bit(asked.leaf(0x1).ecx, osxsaveBit) ? xgetbv() : 0);
}

/** Leaf 1, ecx: the CPU runs under a hypervisor. */
export const hypervisorBit = 31;
/** Leaf 1, ecx: the operating system uses XSAVE, so XGETBV may be executed. */
export const osxsaveBit = 27;

/** Whether a bit is set. */
export function bit(register: number, index: number): boolean {
  return ((register >>> index) & 1) === 1;
}

/** The bits from `low` to `high`, both included, as a number. */
export function bits(register: number, high: number, low: number): number {
  return (register >>> low) & (2 ** (high - low + 1) - 1);
}

/** The characters that registers hold, in their order, up to a zero. */
export function textOf(registers: readonly number[]): string {
  const bytes = new Uint8Array(Uint32Array.from(registers).buffer);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? bytes.length : end)).trim();
}
