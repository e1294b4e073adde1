/**
 * ONNX Runtime as two peers: the native library for Node, and the WebAssembly build for browsers. Both compute a model
 * of one MatMul whose operands are inputs: a constant one would be packed once, before anything is timed, and BLAS and
 * our kernels pack at each call.
 */
import type { PeerDescription } from "../experiment.ts";
import { matMulModel } from "./onnx-model.ts";
import { loadPackage, packageVersion } from "./packages.ts";
import type { Operands, Peer, PreparedProduct } from "./peer.ts";

/** What is called of the API; the packages' own types may not be installed. */
interface Tensor {
  readonly data: Float32Array;
}
type Tensors = Readonly<Record<string, Tensor>>;
interface OnnxRuntime {
  readonly env: { wasm: { numThreads: number }; logLevel: string };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => Tensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: Tensors, fetches?: Tensors): Promise<Tensors> }>;
  };
}

/** No pool of threads is made, so none waits by spinning while others are timed. */
const oneThread = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };

const native = "onnxruntime-node";
const web = "onnxruntime-web";

export const onnxRuntimeNode: Peer = {
  id: native,
  title: "ONNX Runtime for Node, its processor provider",
  describe: async () => described(native, "processor provider, one thread"),
  prepare: async (operands) => {
    const ort = loadPackage<OnnxRuntime>(native, native);
    const { session, feeds, sized } = await sessionFor(ort, operands, { executionProviders: ["cpu"] });
    // Given the place of its result it writes there; an array of that size is made at each call all the same.
    const fetches = { c: sized(operands.c, "c") };
    return {
      run: async () => void (await session.run(feeds, fetches)),
      result: () => operands.c,
    };
  },
};

export const onnxRuntimeWeb: Peer = {
  id: web,
  title: "ONNX Runtime for browsers, its WebAssembly provider",
  describe: async () => described(web, "WebAssembly provider, one thread"),
  prepare: async (operands): Promise<PreparedProduct> => {
    const ort = loadPackage<OnnxRuntime>(web, web);
    ort.env.wasm.numThreads = 1;
    ort.env.logLevel = "error";
    const { session, feeds } = await sessionFor(ort, operands, { executionProviders: ["wasm"] });
    let handedOut: Float32Array = new Float32Array(0);
    return {
      run: async () => {
        handedOut = (await session.run(feeds)).c?.data ?? handedOut;
      },
      result: () => handedOut,
    };
  },
};

function described(name: string, detail: string): PeerDescription {
  return { peer: name, version: packageVersion(name, name), detail };
}

async function sessionFor(ort: OnnxRuntime, { shape, a, b }: Operands, options: object) {
  const { m, n, k } = shape;
  const dims = { a: [m, k], b: [k, n], c: [m, n] } as const;
  const sized = (data: Float32Array, name: keyof typeof dims): Tensor =>
    new ort.Tensor("float32", data, dims[name]);
  const session = await ort.InferenceSession.create(matMulModel(m, n, k), { ...oneThread, ...options });
  return { session, feeds: { a: sized(a, "a"), b: sized(b, "b") }, sized };
}
