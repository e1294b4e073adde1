/**
 * The part of the WebAssembly JavaScript API that kernels use. TypeScript declares it only together with a browser's
 * DOM, which must not be in scope here. Source: WebAssembly JavaScript Interface, W3C.
 */
declare namespace WebAssembly {
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number; shared?: boolean });
    /** A SharedArrayBuffer where shared. Kernels use it through views alone, for which the two are the same. */
    readonly buffer: ArrayBuffer;
  }
  class Module {
    constructor(bytes: Uint8Array<ArrayBuffer>);
  }
  class Instance {
    constructor(module: Module, imports?: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
  function validate(bytes: Uint8Array<ArrayBuffer>): boolean;
}
