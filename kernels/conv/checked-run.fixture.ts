/**
 * One convolution on random data between guard zones, compared with its definition: what the tests of every algorithm
 * run. Small integers make float32 sums exact, so that any difference is a mistake; algorithms that transform (Winograd,
 * FFT) round and are compared within a tolerance.
 */
import { type Allocation, Memory } from "../codegen/memory.ts";
import type { Real } from "../gemm/arguments.ts";
import { integerIn } from "../random.ts";
import { type ConvolutionOptions, convolutionBytes, createConvolution } from "./convolution.ts";
import { activationReferences, noEpilogue } from "./epilogue.ts";
import { convolutionReference } from "./reference.ts";
import { inputLength, outputLength, positions, weightsLength } from "./shape.ts";

/** Elements of a guard zone: more than the widest vector, so that a store one too far lands in it. */
const guard = 32;
const guardValue = -12345;

export interface CheckedOptions extends Omit<ConvolutionOptions, "memory"> {
  /** Largest error as a share of the largest sum; 0 asks for the very same numbers. */
  readonly tolerance?: number;
}

/** Null where the output is right and no guard zone was written to, else what is wrong. */
export function checkedRun(options: CheckedOptions, random: () => number): string | null {
  const { shape, batch = 1, layout, element = "f32", tolerance = 0, threads = 1 } = options;
  const epilogue = { ...noEpilogue, ...options.epilogue };
  const zones = batch * outputLength(shape) * 8 + 10 * (guard * 8 + 128);
  const memory = new Memory(convolutionBytes(options) + zones, { shared: threads > 1 });
  const integers = (length: number): Guarded => {
    const made = guarded(memory, element, length);
    for (let i = 0; i < length; i++) made.view[i] = integerIn(random, -9, 9);
    return made;
  };
  const input = integers(batch * inputLength(shape));
  const weights = integers(weightsLength(shape));
  const bias = integers(shape.filters);
  const output = integers(batch * outputLength(shape));
  const residual = integers(batch * outputLength(shape));
  output.view.fill(Number.NaN);
  const before = memory.mark();
  const made = createConvolution({ ...options, memory });
  const taken = memory.mark() - before;
  const stated = made.workspaceBytes + made.preparedBytes;
  if (taken !== stated) return `accounting says ${stated} bytes, ${taken} were allocated`;
  made.prepare(weights.address);
  const shortcut = epilogue.residual ? { residual: residual.address } : {};
  const call = { input: input.address, output: output.address, ...shortcut };
  // Twice, so that what a run leaves behind in its workspace is met by the next.
  for (let run = 0; run < 2; run++) made.run(epilogue.bias ? { ...call, bias: bias.address } : call);
  made.release();
  const expected = new Float64Array(output.view.length);
  for (let image = 0; image < batch; image++) {
    const of = input.view.subarray(image * inputLength(shape), (image + 1) * inputLength(shape));
    expected.set(convolutionReference(shape, of, weights.view, layout), image * outputLength(shape));
  }
  const filterOf = (at: number): number =>
    layout === "nhwc" ? at % shape.filters : Math.floor(at / positions(shape)) % shape.filters;
  // An activation may make all outputs small, but the sums were rounded as they were.
  const largest = expected.reduce((most, sum) => Math.max(most, Math.abs(sum)), 0);
  expected.forEach((sum, at) => {
    const biased = epilogue.bias ? sum + (bias.view[filterOf(at)] as number) : sum;
    const whole = epilogue.residual ? biased + (residual.view[at] as number) : biased;
    expected[at] = activationReferences[epilogue.activation](whole);
  });
  const touched = [input, weights, bias, output, residual].find((each) => !each.intact());
  if (touched)
    return `a guard zone of ${[input, weights, bias, output, residual].indexOf(touched)} was written to`;
  return differs(output.view, expected, tolerance * largest);
}

export interface Guarded extends Allocation<Real> {
  intact(): boolean;
}

/** An allocation between two guard zones, which `intact` compares with what they were filled with. */
export function guarded(memory: Memory, element: Real, length: number): Guarded {
  const whole = memory.allocate(element, length + 2 * guard);
  whole.view.fill(guardValue);
  const view = whole.view.subarray(guard, guard + length);
  const zones = [whole.view.subarray(0, guard), whole.view.subarray(guard + length)];
  return {
    view,
    address: whole.address + guard * view.BYTES_PER_ELEMENT,
    intact: () => zones.every((zone) => zone.every((value) => value === guardValue)),
  };
}

function differs(found: Float32Array | Float64Array, expected: Float64Array, bound: number): string | null {
  const at = expected.findIndex((value, i) => !(Math.abs((found[i] as number) - value) <= bound));
  return at < 0 ? null : `output[${at}] must be ${expected[at]}; it is ${found[at]}`;
}
