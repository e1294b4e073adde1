/**
 * What this machine's WebAssembly can do, found by validating a module of a few bytes that uses the feature.
 */
import { encodeModule } from "./encode.ts";

/** Whether fused multiply-add (relaxed SIMD) may be emitted; on from Node 22. */
export const hasRelaxedMultiplyAdd: boolean = WebAssembly.validate(
  encodeModule({
    name: "probe",
    parameters: [{ name: "p", type: "i32" }],
    locals: [],
    code: [
      { name: "local.get", immediate: 0 },
      ...Array.from(
        { length: 3 },
        () => ({ name: "v128.const", shape: "f32x4", lanes: [0, 0, 0, 0] }) as const,
      ),
      { name: "f32x4.relaxed_madd" },
      { name: "v128.store" },
    ],
  }),
);
