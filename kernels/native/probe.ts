/**
 * A generated function for each level of vector instructions: broadcasts the first number of a vector, adds the squares
 * of all, and stores the sums. Executing it shows that what CPUID promises is so; emulators have been known to differ.
 */
import { Assembler } from "../codegen/x64/assembler.ts";
import { memory } from "../codegen/x64/operands.ts";
import { type Gpr, type VectorBits, vector } from "../codegen/x64/registers.ts";
import type { NativeIsa } from "./cpu-features.ts";
import { argumentRegister } from "./cpuid-routine.ts";
import { loadCode } from "./executable.ts";
import { addressOf } from "./foreign.ts";

/** The widest vectors of a level, and the first of two registers, one that only this level has. */
const levels: Readonly<Record<NativeIsa, { readonly bits: VectorBits; readonly first: number }>> = {
  avx2: { bits: 256, first: 0 },
  avx512: { bits: 512, first: 16 },
};

/** The function: one vector of float32 in and out, at the address that the register holds. */
export function probeCode(isa: NativeIsa, argument: Gpr): Uint8Array {
  const { bits, first } = levels[isa];
  const [x, sum] = [vector(first, bits), vector(first + 1, bits)];
  const assembler = new Assembler();
  assembler.emit("vmovups", x, memory(argument));
  assembler.emit("vbroadcastss", sum, vector(first, 128));
  assembler.emit("vfmadd231ps", sum, x, x);
  assembler.emit("vmovups", memory(argument), sum);
  assembler.emit("vzeroupper");
  assembler.emit("ret");
  return assembler.finish().bytes;
}

/**
 * Executes the function of a level, which must be one that the CPU has, and checks every lane.
 *
 * @throws RefusedMemory, ForeignUnavailable
 */
export function probe(isa: NativeIsa): boolean {
  const block = Float32Array.from({ length: levels[isa].bits / 32 }, (_, i) => i + 1);
  const loaded = loadCode(probeCode(isa, argumentRegister()));
  loaded.entry()(addressOf(block));
  loaded.release();
  return block.every((value, i) => value === (i + 1) ** 2 + 1);
}
