/**
 * From family, model and stepping to the microarchitecture, which decides what shape of kernel suits a machine.
 * Sources: Linux, arch/x86/include/asm/intel-family.h and arch/x86/kernel/cpu/amd.c; the dumps of InstLatx64.
 */

export interface Microarchitecture {
  /** Kebab-case; machine classes are named by it. */
  readonly id: string;
  readonly name: string;
}

/** What leaf 1 says of a CPU; extended families and models are added in. */
export interface CpuSignature {
  readonly vendor: string;
  readonly family: number;
  readonly model: number;
  readonly stepping: number;
}

type Range = number | readonly [first: number, last: number];

interface Row extends Microarchitecture {
  readonly vendor: "GenuineIntel" | "AuthenticAMD";
  readonly family: number;
  readonly models: readonly Range[];
  /** Some generations share a model number. */
  readonly steppings?: Range;
}

const intel = (id: string, name: string, models: readonly Range[], steppings?: Range): Row => ({
  ...{ id, name, vendor: "GenuineIntel", family: 6, models },
  ...(steppings !== undefined && { steppings }),
});
const amd = (id: string, name: string, family: number, models: readonly Range[]): Row => ({
  ...{ id, name, vendor: "AuthenticAMD", family, models },
});

const rows: readonly Row[] = [
  intel("sandy-bridge", "Sandy Bridge", [0x2a, 0x2d]),
  intel("ivy-bridge", "Ivy Bridge", [0x3a, 0x3e]),
  intel("haswell", "Haswell", [0x3c, 0x3f, 0x45, 0x46]),
  intel("broadwell", "Broadwell", [0x3d, 0x47, 0x4f, 0x56]),
  intel("skylake", "Skylake", [0x4e, 0x5e, 0x8e, 0x9e, 0xa5, 0xa6]),
  intel("skylake-x", "Skylake-X", [0x55], [0, 4]),
  intel("cascade-lake", "Cascade Lake", [0x55], [5, 9]),
  intel("cooper-lake", "Cooper Lake", [0x55], [10, 15]),
  intel("ice-lake", "Ice Lake", [0x7d, 0x7e]),
  intel("ice-lake-server", "Ice Lake (server)", [0x6a, 0x6c]),
  intel("tiger-lake", "Tiger Lake", [0x8c, 0x8d]),
  intel("rocket-lake", "Rocket Lake", [0xa7]),
  intel("alder-lake", "Alder Lake", [0x97, 0x9a]),
  intel("gracemont", "Gracemont", [0xbe]),
  intel("raptor-lake", "Raptor Lake", [0xb7, 0xba, 0xbf]),
  intel("meteor-lake", "Meteor Lake", [0xaa, 0xac]),
  intel("lunar-lake", "Lunar Lake", [0xbd]),
  intel("arrow-lake", "Arrow Lake", [0xb5, 0xc5, 0xc6]),
  intel("sapphire-rapids", "Sapphire Rapids", [0x8f]),
  intel("emerald-rapids", "Emerald Rapids", [0xcf]),
  intel("granite-rapids", "Granite Rapids", [0xad, 0xae]),
  amd("zen", "Zen", 0x17, [
    [0x00, 0x2f],
    [0x50, 0x5f],
  ]),
  amd("zen2", "Zen 2", 0x17, [[0x30, 0x4f], [0x60, 0x7f], 0x84, [0x90, 0x91], [0xa0, 0xaf]]),
  amd("zen3", "Zen 3", 0x19, [
    [0x00, 0x0f],
    [0x20, 0x5f],
  ]),
  amd("zen4", "Zen 4", 0x19, [
    [0x10, 0x1f],
    [0x60, 0xaf],
  ]),
  // Strix, Krackan and Gorgon Point: the same core with a vector unit of half the width.
  amd("zen5-mobile", "Zen 5 (mobile)", 0x1a, [
    [0x20, 0x2f],
    [0x60, 0x6f],
  ]),
  amd("zen5", "Zen 5", 0x1a, [
    [0x00, 0x1f],
    [0x40, 0x4f],
    [0x70, 0x7f],
  ]),
];

/** The microarchitecture, or undefined for a CPU that the table does not know. */
export function microarchitecture(cpu: CpuSignature): Microarchitecture | undefined {
  const found = rows.find(
    ({ vendor, family, models, steppings }) =>
      vendor === cpu.vendor &&
      family === cpu.family &&
      models.some((range) => within(range, cpu.model)) &&
      (steppings === undefined || within(steppings, cpu.stepping)),
  );
  return found && { id: found.id, name: found.name };
}

function within(range: Range, number: number): boolean {
  return typeof range === "number" ? number === range : range[0] <= number && number <= range[1];
}
