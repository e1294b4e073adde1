/** Which arithmetic code is generated for; apart from `compile.ts`, because the back ends that it calls ask too. */

/** `fast`: what the machine does best. `strict`: no fused or relaxed operation, the same bits everywhere. */
export type Arithmetic = "fast" | "strict";
