/**
 * What stands before and behind the body of a function: saving the registers that the calling convention says belong to
 * the caller, and leaving the upper halves of the vector registers clean, without which SSE code runs slowly.
 * System V: AMD64 ABI, section 3.2; Windows: Microsoft x64 calling convention. The code calls nothing, so that neither
 * shadow space nor an aligned stack is needed.
 */
import type { Assembler } from "./assembler.ts";
import { memory } from "./operands.ts";
import type { RegisterPool } from "./pool.ts";
import { rsp, vector } from "./registers.ts";

/** Only the low 128 bits of xmm6 to xmm15 belong to the caller. */
const savedBytes = 16;

export function prologue(assembler: Assembler, pool: RegisterPool): void {
  for (const register of pool.generalToSave) assembler.emit("push", register);
  const vectors = pool.vectorsToSave;
  if (vectors.length === 0) return;
  assembler.emit("sub", rsp, vectors.length * savedBytes);
  for (const [slot, index] of vectors.entries())
    assembler.emit("vmovups", memory(rsp, { displacement: slot * savedBytes }), vector(index, 128));
}

export function epilogue(assembler: Assembler, pool: RegisterPool): void {
  assembler.emit("vzeroupper");
  const vectors = pool.vectorsToSave;
  for (const [slot, index] of vectors.entries())
    assembler.emit("vmovups", vector(index, 128), memory(rsp, { displacement: slot * savedBytes }));
  if (vectors.length > 0) assembler.emit("add", rsp, vectors.length * savedBytes);
  for (const register of pool.generalToSave.toReversed()) assembler.emit("pop", register);
  assembler.emit("ret");
}
