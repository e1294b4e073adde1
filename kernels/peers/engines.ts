/**
 * The peers behind one small interface. They are loaded by name at run time, because they are not dependencies of
 * kdaccel: only the few functions that are called are declared here.
 */
import { matMulModel } from "./onnx-model.ts";

export interface Engine {
  readonly name: string;
  /** One product of the operands that it was made with; resolves to C. */
  multiply(): Promise<Float32Array>;
}

interface Tensor {
  readonly data: Float32Array;
}
interface OnnxRuntime {
  readonly env: { wasm: { numThreads: number }; logLevel: string };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => Tensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: { executionProviders: readonly string[] },
    ): Promise<{ run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> }>;
  };
}

interface TensorFlowTensor {
  dataSync(): Float32Array;
  dispose(): void;
}
interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor2d(data: Float32Array, shape: readonly [number, number]): TensorFlowTensor;
  matMul(a: TensorFlowTensor, b: TensorFlowTensor): TensorFlowTensor;
}
interface TensorFlowWasm {
  setThreadsCount(threads: number): void;
}

/** Loads a package by name; typed by the caller, because its own types may not be there. */
const load = async <T>(name: string): Promise<T> => (await import(name)) as T;

/** onnxruntime-web on its WebAssembly provider, one thread. */
export async function onnxRuntime(n: number, a: Float32Array, b: Float32Array): Promise<Engine> {
  const ort = await load<OnnxRuntime>("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(matMulModel(n, n, n), { executionProviders: ["wasm"] });
  const feeds = { a: new ort.Tensor("float32", a, [n, n]), b: new ort.Tensor("float32", b, [n, n]) };
  return {
    name: "onnxruntime-web",
    multiply: async () => (await session.run(feeds)).c?.data as Float32Array,
  };
}

/** TensorFlow.js on its WebAssembly backend, one thread. */
export async function tensorFlow(n: number, a: Float32Array, b: Float32Array): Promise<Engine> {
  const tf = await load<TensorFlow>("@tensorflow/tfjs-core");
  const backend = await load<TensorFlowWasm>("@tensorflow/tfjs-backend-wasm");
  backend.setThreadsCount(1);
  await tf.setBackend("wasm");
  await tf.ready();
  const left = tf.tensor2d(a, [n, n]);
  const right = tf.tensor2d(b, [n, n]);
  return {
    name: "tfjs-backend-wasm",
    multiply: async () => {
      const c = tf.matMul(left, right);
      const data = c.dataSync();
      c.dispose();
      return data;
    },
  };
}
