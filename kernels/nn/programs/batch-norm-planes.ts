/**
 * Batch normalisation (Ioffe & Szegedy 2015) of images that lie as [batch][channels][positions], one channel after the
 * other: its mean, the variance around that mean, the result, while the channel is in a near cache. Statistics are
 * scalars of double precision.
 */
import {
  add,
  at,
  convert,
  div,
  load,
  mul,
  type Name,
  type PointerName,
  squareRoot,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { NamedProgram, RealVector } from "../operation.ts";
import { affineOf } from "./layer-norm.ts";
import { declare, optionalText } from "./parameters.ts";
import { channelSums, overChannel, type PlaneNames, planeIntegers } from "./planes.ts";
import { everywhere, read, write } from "./sweep.ts";

/** Which operands of a forward pass there are; running statistics come in pairs. */
export interface ForwardParts {
  readonly weight: boolean;
  readonly bias: boolean;
  readonly running: boolean;
}

/**
 * Parameters `(sizes of the planes, settings, ones, x, y, mean, inverse, [weight], [bias], [runningMean,
 * runningVariance])`: normalises with the statistics of the batch, leaves them as mean and 1 / sqrt(variance + epsilon)
 * of each channel, and moves the running ones towards the mean and the unbiased variance. `settings` are the doubles
 * epsilon and momentum: in memory, because AVX2 has no register left for them.
 */
export const batchNormTraining = ({ weight, bias, running }: ForwardParts): NamedProgram => ({
  name: `batch-norm-training${optionalText({ weight, bias, running })}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        integers: planeIntegers,
        doubles: ["settings"],
        pointers: ["ones", "x", "y", "mean", "inverse"],
        optional: { weight, bias, runningMean: running, runningVariance: running },
      });
      const [epsilon, momentum] = [at(p.settings), at(p.settings, 0, 1)];
      const elements = b.let("elements", mul(p.batch, p.positions));
      const count = (less = 0): Value => convert(sub(elements, less), "f64");
      b.loop("c", 0, p.channels, {}, (channel) => {
        const average = b.let("average", div(sumOfChannel(b, p, p.x, channel, type), count()));
        b.store(at(p.mean, channel), convert(average, type.element));
        const squares = sumOfSquares(b, p, p.x, channel, type, p.ones, load(at(p.mean, channel)));
        const variance = b.let("variance", div(squares, count()));
        const deviation = squareRoot(add(variance, load(epsilon)));
        b.store(at(p.inverse, channel), convert(div(1, deviation), type.element));
        if (p.runningMean) moveTowards(b, at(p.runningMean, channel), average, momentum);
        if (p.runningVariance) {
          const unbiased = b.let("unbiased", div(squares, count(1)));
          moveTowards(b, at(p.runningVariance, channel), unbiased, momentum);
        }
        normalise(b, p, channel, type);
      });
    }),
});

/**
 * Parameters `(sizes of the planes, epsilon, x, y, mean, inverse, runningMean, runningVariance, [weight], [bias])`:
 * normalises with the running statistics, which are left as mean and 1 / sqrt(variance + epsilon) too.
 */
export const batchNormEvaluation = ({ weight, bias }: Omit<ForwardParts, "running">): NamedProgram => ({
  name: `batch-norm-evaluation${optionalText({ weight, bias })}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        integers: planeIntegers,
        scalars: ["epsilon"],
        pointers: ["x", "y", "mean", "inverse", "runningMean", "runningVariance"],
        optional: { weight, bias },
      });
      b.loop("c", 0, p.channels, {}, (channel) => {
        b.store(at(p.mean, channel), load(at(p.runningMean, channel)));
        const variance = convert(load(at(p.runningVariance, channel)), "f64");
        b.store(at(p.inverse, channel), convert(div(1, squareRoot(add(variance, p.epsilon))), type.element));
        normalise(b, p, channel, type);
      });
    }),
});

interface NormaliseNames extends PlaneNames {
  readonly x: PointerName;
  readonly y: PointerName;
  readonly mean: PointerName;
  readonly inverse: PointerName;
  readonly weight: PointerName | undefined;
  readonly bias: PointerName | undefined;
}

/** y = (x - mean) * (inverse * weight) + bias over one channel. */
function normalise(b: ProgramBuilder, p: NormaliseNames, channel: Value, type: RealVector): void {
  const middle = everywhere(b, "middle", load(at(p.mean, channel)), type);
  const inverse = load(at(p.inverse, channel));
  const factor = p.weight ? mul(inverse, load(at(p.weight, channel))) : inverse;
  const factors = everywhere(b, "factors", factor, type);
  const shift = p.bias && everywhere(b, "shift", load(at(p.bias, channel)), type);
  overChannel(b, p, {
    ...{ channel, type, tensors: [p.x, p.y] },
    at: (span, [x, y]) =>
      write(b, y as PointerName, span, affineOf(sub(read(x as PointerName, span), middle), factors, shift)),
  });
}

function sumOfChannel(
  b: ProgramBuilder,
  p: PlaneNames,
  tensor: PointerName,
  channel: Value,
  type: RealVector,
): Name {
  const [total] = channelSums(b, p, {
    ...{ channel, type, tensors: [tensor], count: 1 },
    at: (span, [plane]) => [read(plane as PointerName, span)],
  });
  return total as Name;
}

/** The sum of (x - mean)^2. `ones` is a vector of ones: lanes behind a plane are read as 0 and get a mean of 0. */
function sumOfSquares(
  b: ProgramBuilder,
  p: PlaneNames,
  tensor: PointerName,
  channel: Value,
  type: RealVector,
  ones: PointerName,
  mean: Value,
): Name {
  const middle = everywhere(b, "middle", mean, type);
  let middleOfTail = middle;
  const [total] = channelSums(b, p, {
    ...{ channel, type, tensors: [tensor], count: 1 },
    cut: ({ tail }) => {
      middleOfTail = b.let("middleOfTail", mul(middle, load(at(ones), type.lanes, tail)));
    },
    at: (span, [plane]) => {
      const d = b.let("d", sub(read(plane as PointerName, span), span.tail ? middleOfTail : middle));
      return [mul(d, d)];
    },
  });
  return total as Name;
}

type Place = ReturnType<typeof at>;

/** stored <- (1 - momentum) * stored + momentum * now, in double precision. */
function moveTowards(b: ProgramBuilder, stored: Place, now: Name, momentum: Place): void {
  const { element } = stored.pointer;
  const before = mul(sub(1, load(momentum)), convert(load(stored), "f64"));
  b.store(stored, convert(add(before, mul(load(momentum), now)), element));
}

/** What a backward pass computes, and from what. */
export interface BackwardParts {
  /** Whether the statistics were those of the batch, so that they depend on x. */
  readonly training: boolean;
  readonly weight: boolean;
  /** Whether gradients of weight and bias are wanted; in training they are needed anyway. */
  readonly sums: boolean;
  readonly gradX: boolean;
}

/**
 * Parameters `(sizes of the planes, x, gradY, mean, inverse, [weight], [gradWeight, gradBias], [gradX])`. With the
 * normalised n: gradBias is the sum of gradY, gradWeight that of gradY * n, and in training
 * gradX = weight * inverse * (gradY - mean(gradY) - n * mean(gradY * n)), else weight * inverse * gradY.
 */
export const batchNormBackward = (parts: BackwardParts): NamedProgram => ({
  name: `batch-norm-backward${optionalText({ ...parts })}`,
  write: (name, type) =>
    program(name, (b) => {
      const { training, weight, sums, gradX } = parts;
      const p = declare(b, type.element, {
        integers: planeIntegers,
        pointers: ["x", "gradY", "mean", "inverse"],
        optional: { weight, gradWeight: sums, gradBias: sums, gradX },
      });
      const count = b.let("elements", convert(mul(p.batch, p.positions), "f64"));
      b.loop("c", 0, p.channels, {}, (channel) => {
        const middle = everywhere(b, "middle", load(at(p.mean, channel)), type);
        const inverse = b.let("inverse", convert(load(at(p.inverse, channel)), "f64"));
        const totals = training || sums ? sumsOfGradient(b, p, channel, type, middle, inverse) : undefined;
        if (totals && p.gradWeight && p.gradBias) {
          b.store(at(p.gradBias, channel), convert(totals.ofG, type.element));
          b.store(at(p.gradWeight, channel), convert(totals.ofProduct, type.element));
        }
        if (p.gradX) {
          const factor = p.weight ? mul(inverse, convert(load(at(p.weight, channel)), "f64")) : inverse;
          const gradient = { ...p, gradX: p.gradX, middle, inverse, factor, count };
          writeInputGradient(b, gradient, channel, type, training ? totals : undefined);
        }
      });
    }),
});

interface GradientNames extends PlaneNames {
  readonly x: PointerName;
  readonly gradY: PointerName;
}

interface GradientSums {
  /** Sum of gradY. */
  readonly ofG: Name;
  /** Sum of gradY times the normalised x. */
  readonly ofProduct: Name;
}

function sumsOfGradient(
  b: ProgramBuilder,
  p: GradientNames,
  channel: Value,
  type: RealVector,
  middle: Name,
  inverse: Name,
): GradientSums {
  const [ofG, ofProduct] = channelSums(b, p, {
    ...{ channel, type, tensors: [p.x, p.gradY], count: 2 },
    at: (span, [x, gradY]) => {
      const g = b.let("g", read(gradY as PointerName, span));
      return [g, mul(g, sub(read(x as PointerName, span), middle))];
    },
  });
  return { ofG: ofG as Name, ofProduct: b.let("ofProduct", mul(ofProduct as Name, inverse)) };
}

function writeInputGradient(
  b: ProgramBuilder,
  p: GradientNames & {
    readonly gradX: PointerName;
    readonly middle: Name;
    readonly inverse: Name;
    readonly factor: Value;
    readonly count: Name;
  },
  channel: Value,
  type: RealVector,
  totals: GradientSums | undefined,
): void {
  const wide = (text: string, value: Value): Name => everywhere(b, text, convert(value, type.element), type);
  const factor = wide("factor", p.factor);
  // Where the statistics were constants, nothing is taken away from the gradient.
  const away = totals && {
    mean: wide("meanOfG", div(totals.ofG, p.count)),
    slope: wide("slope", mul(div(totals.ofProduct, p.count), p.inverse)),
  };
  overChannel(b, p, {
    ...{ channel, type, tensors: [p.x, p.gradY, p.gradX] },
    at: (span, [x, gradY, gradX]) => {
      const g = read(gradY as PointerName, span);
      const rest = away
        ? sub(sub(g, away.mean), mul(sub(read(x as PointerName, span), p.middle), away.slope))
        : g;
      write(b, gradX as PointerName, span, mul(factor, rest));
    },
  });
}
