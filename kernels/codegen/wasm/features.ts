/**
 * What this machine's WebAssembly can do, found by validating a module of a few bytes that uses the feature.
 */
import { encodeModule } from "./encode.ts";
import type { InstructionName } from "./instructions.ts";

/** Whether a module with this instruction on three vectors is valid here. */
function has(name: InstructionName): boolean {
  const vector = { name: "v128.const", shape: "f32x4", lanes: [0, 0, 0, 0] } as const;
  return WebAssembly.validate(
    encodeModule({
      name: "probe",
      parameters: [{ name: "p", type: "i32" }],
      locals: [],
      code: [{ name: "local.get", immediate: 0 }, vector, vector, vector, { name }, { name: "v128.store" }],
    }),
  );
}

/** Whether fused multiply-add (relaxed SIMD) may be emitted; on from Node 22. */
export const hasRelaxedMultiplyAdd: boolean = has("f32x4.relaxed_madd");

/** Whether the dot product of bytes with seven-bit bytes (relaxed SIMD) may be emitted; on from Node 22. */
export const hasRelaxedDot: boolean = has("i32x4.relaxed_dot_i8x16_i7x16_add_s");
