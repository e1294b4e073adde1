/**
 * ONNX Runtime as two peers: the native library for Node, and the WebAssembly build for browsers. Both compute a model
 * of one MatMul whose operands are inputs: a constant one would be packed once, before anything is timed, and BLAS and
 * our kernels pack at each call. In a model of one Conv the weights are constant, as our kernels prepare theirs.
 */

import { outputHeight, outputWidth } from "../conv/shape.ts";
import type { PeerDescription } from "../run-events.ts";
import { convolutionModel, matMulModel } from "./onnx-model.ts";
import { loadPackage, packageVersion } from "./packages.ts";
import type { ConvolutionOperands, Operands, Peer, PreparedProduct } from "./peer.ts";

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

/** A model of one node that is ready to run, and where its operands lie. */
interface Job {
  readonly model: Uint8Array;
  readonly feeds: Readonly<Record<string, Sized>>;
  readonly fetch: { readonly name: string } & Sized;
}
interface Sized {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

export const onnxRuntimeNode: Peer = {
  id: native,
  title: "ONNX Runtime for Node, its processor provider",
  describe: async () => described(native, "processor provider, one thread"),
  prepare: (operands) => prepareNative(productJob(operands)),
  prepareConvolution: (operands) => prepareNative(convolutionJob(operands)),
};

export const onnxRuntimeWeb: Peer = {
  id: web,
  title: "ONNX Runtime for browsers, its WebAssembly provider",
  describe: async () => described(web, "WebAssembly provider, one thread"),
  prepare: (operands) => prepareWeb(productJob(operands)),
  prepareConvolution: (operands) => prepareWeb(convolutionJob(operands)),
};

function productJob({ shape, a, b, c }: Operands): Job {
  const { m, n, k } = shape;
  return {
    model: matMulModel(m, n, k),
    feeds: { a: { data: a, dims: [m, k] }, b: { data: b, dims: [k, n] } },
    fetch: { name: "c", data: c, dims: [m, n] },
  };
}

function convolutionJob({ shape, input, weights, output }: ConvolutionOperands): Job {
  const [height, width] = [outputHeight(shape), outputWidth(shape)];
  return {
    model: convolutionModel(shape, weights, { height, width }),
    feeds: { x: { data: input, dims: [1, shape.channels, shape.height, shape.width] } },
    fetch: { name: "y", data: output, dims: [1, shape.filters, height, width] },
  };
}

async function prepareNative(job: Job): Promise<PreparedProduct> {
  const ort = loadPackage<OnnxRuntime>(native, native);
  const { session, feeds } = await sessionFor(ort, job, { executionProviders: ["cpu"] });
  // Given the place of its result it writes there; an array of that size is made at each call all the same.
  const { name, data, dims } = job.fetch;
  const fetches = { [name]: new ort.Tensor("float32", data, dims) };
  return { run: async () => void (await session.run(feeds, fetches)), result: () => data };
}

async function prepareWeb(job: Job): Promise<PreparedProduct> {
  const ort = loadPackage<OnnxRuntime>(web, web);
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  const { session, feeds } = await sessionFor(ort, job, { executionProviders: ["wasm"] });
  let handedOut: Float32Array = new Float32Array(0);
  return {
    run: async () => {
      handedOut = (await session.run(feeds))[job.fetch.name]?.data ?? handedOut;
    },
    result: () => handedOut,
  };
}

function described(name: string, detail: string): PeerDescription {
  return { peer: name, version: packageVersion(name, name), detail };
}

async function sessionFor(ort: OnnxRuntime, job: Job, options: object) {
  const feeds = Object.fromEntries(
    Object.entries(job.feeds).map(([name, { data, dims }]) => [name, new ort.Tensor("float32", data, dims)]),
  );
  const session = await ort.InferenceSession.create(job.model, { ...oneThread, ...options });
  return { session, feeds };
}
