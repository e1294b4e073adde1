/**
 * TensorFlow.js on its WebAssembly backend, one thread, as a peer. Its operands lie in a heap of its own; a run ends when
 * the result has been read, as every use of it does.
 */
import { loadPackage, packageVersion } from "./packages.ts";
import type { Peer } from "./peer.ts";

/** What is called of the API; the packages' own types may not be installed. */
interface Tensor {
  dataSync(): Float32Array;
  dispose(): void;
}
interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor2d(data: Float32Array, shape: readonly [number, number]): Tensor;
  matMul(a: Tensor, b: Tensor): Tensor;
}
interface WasmBackend {
  setThreadsCount(threads: number): void;
}

const core = "@tensorflow/tfjs-core";
const backend = "@tensorflow/tfjs-backend-wasm";
const id = "tfjs-wasm";

export const tensorFlowWasm: Peer = {
  id,
  title: "TensorFlow.js on its WebAssembly backend",
  describe: async () => ({
    peer: id,
    version: packageVersion(id, backend),
    detail: "WebAssembly backend, one thread",
  }),
  prepare: async ({ shape, a, b }) => {
    const tf = loadPackage<TensorFlow>(id, core);
    loadPackage<WasmBackend>(id, backend).setThreadsCount(1);
    await tf.setBackend("wasm");
    await tf.ready();
    const left = tf.tensor2d(a, [shape.m, shape.k]);
    const right = tf.tensor2d(b, [shape.k, shape.n]);
    let handedOut: Float32Array = new Float32Array(0);
    return {
      run: () => {
        const c = tf.matMul(left, right);
        handedOut = c.dataSync();
        c.dispose();
      },
      result: () => handedOut,
    };
  },
};
