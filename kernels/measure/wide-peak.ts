/**
 * The multiply-add peak of a core with 512-bit vectors: what the shares of native libraries are taken of. Sixteen lanes,
 * twelve independent chains, written as machine code because it is one instruction in a loop. System V only: on Windows
 * six of the registers would have to be saved.
 */
import type { Candidate } from "../experiment.ts";
import { loadCode } from "../native/executable.ts";
import { describeMachine } from "./machine.ts";

export const widePeakVariant = { variant: "peak-fma-avx512", target: "native" } as const;

const accumulators = 12;
const repeats = 4;
const lanes = 16;

/** Passes of 48 multiply-adds a call: about a quarter of a millisecond at two a cycle. */
const passes = 1 << 15;

/** vfmadd231ps zmm<sum>, zmm14, zmm15 (Intel SDM volume 2, EVEX.512.66.0F38.W0 B8 /r). */
function multiplyAdd(sum: number): readonly number[] {
  return [0x62, sum < 8 ? 0xd2 : 0x52, 0x0d, 0x48, 0xb8, 0xc7 | ((sum & 7) << 3)];
}

/** void loop(uint64 passes): zeroes the registers, since denormals and NaN can be slower on some processors. */
export function widePeakCode(): Uint8Array {
  const vzeroall = [0xc5, 0xfc, 0x77];
  const body = Array.from({ length: accumulators * repeats }, (_, i) => multiplyAdd(i % accumulators)).flat();
  const decrement = [0x48, 0xff, 0xcf]; // dec rdi
  const jump = [0x0f, 0x85]; // jnz, with a distance of four bytes from the next instruction
  const distance = -(body.length + decrement.length + jump.length + 4);
  const end = [0xc5, 0xf8, 0x77, 0xc3]; // vzeroupper, ret
  const bytes = [...vzeroall, ...body, ...decrement, ...jump, 0, 0, 0, 0, ...end];
  const code = new Uint8Array(bytes);
  new DataView(code.buffer).setInt32(code.length - end.length - 4, distance, true);
  return code;
}

/** The peak as a candidate; undefined on a processor without 512-bit vectors, or where code may not be loaded. */
export function widePeak(): Candidate | undefined {
  if (process.arch !== "x64" || process.platform === "win32") return undefined;
  if (!describeMachine("").isa.includes("avx512f")) return undefined;
  try {
    const run = loadCode(widePeakCode()).entry();
    return { ...widePeakVariant, run: () => run(passes), flops: 2 * lanes * accumulators * repeats * passes };
  } catch {
    return undefined; // a hardened system
  }
}
