/**
 * The discrete Fourier transform of a power of two as straight-line code, one transform in every lane: Stockham's
 * self-sorting form with radix 4 and, where the power is odd, one stage of radix 2 (Van Loan, Computational frameworks
 * for the fast Fourier transform, 1992, section 1.7). Values pass through memory between stages, because a butterfly of
 * four fits sixteen registers and the whole transform fits none.
 */
import {
  add,
  at,
  constant,
  load,
  mul,
  multiplyAdd,
  type Name,
  type PointerName,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";

/** Real and imaginary part. */
export interface Complex<T> {
  readonly re: T;
  readonly im: T;
}

export interface FftCode {
  /** A power of two, at least 2. */
  readonly size: number;
  readonly lanes: number;
  /** Room for 4 * size vectors: the values between two stages, and those behind. */
  readonly scratch: PointerName;
  readonly source: (index: number) => Complex<Value>;
  readonly sink: (index: number, value: Complex<Name>) => void;
}

/** Vectors of scratch that a transform needs. */
export const fftScratch = (size: number): number => 4 * size;

/** Radices whose product is the size: fours, with one two in front where the power is odd. */
export function radicesOf(size: number): readonly number[] {
  if (size === 1) return [];
  return Math.log2(size) % 2 === 1 ? [2, ...radicesOf(size / 2)] : [4, ...radicesOf(size / 4)];
}

/** Emits X[k] = sum of x[n] exp(-2 pi i n k / size), unscaled. */
export function emitFft(b: ProgramBuilder, code: FftCode): void {
  const { size, lanes, scratch } = code;
  const radices = radicesOf(size);
  const place = (stage: number, index: number, part: number) =>
    at(scratch, 0, (((stage % 2) * 2 + part) * size + index) * lanes);
  let length = size;
  let stride = 1;
  for (const [stage, radix] of radices.entries()) {
    const parts = length / radix;
    const read = (index: number): Complex<Value> =>
      stage === 0
        ? code.source(index)
        : { re: load(place(stage - 1, index, 0), lanes), im: load(place(stage - 1, index, 1), lanes) };
    const write = (index: number, value: Complex<Name>): void => {
      if (stage === radices.length - 1) code.sink(index, value);
      else {
        b.store(place(stage, index, 0), value.re);
        b.store(place(stage, index, 1), value.im);
      }
    };
    for (let p = 0; p < parts; p++)
      for (let q = 0; q < stride; q++) {
        const inputs = Array.from({ length: radix }, (_, j) => named(b, read(q + stride * (p + parts * j))));
        for (const [k, output] of butterfly(b, inputs).entries())
          write(q + stride * (radix * p + k), rotated(b, output, (p * k) / length));
      }
    length = parts;
    stride *= radix;
  }
}

/** The same for exp(+2 pi i n k / size): real and imaginary parts change places on the way in and out. */
export function emitInverseFft(b: ProgramBuilder, code: FftCode): void {
  const swapped = <T>({ re, im }: Complex<T>): Complex<T> => ({ re: im, im: re });
  emitFft(b, {
    ...code,
    source: (index) => swapped(code.source(index)),
    sink: (index, value) => code.sink(index, swapped(value)),
  });
}

function named(b: ProgramBuilder, { re, im }: Complex<Value>): Complex<Name> {
  return { re: b.let("re", re), im: b.let("im", im) };
}

const plus = (b: ProgramBuilder, x: Complex<Name>, y: Complex<Name>): Complex<Name> =>
  named(b, { re: add(x.re, y.re), im: add(x.im, y.im) });
const minus = (b: ProgramBuilder, x: Complex<Name>, y: Complex<Name>): Complex<Name> =>
  named(b, { re: sub(x.re, y.re), im: sub(x.im, y.im) });

/** The transform of two or four values. */
function butterfly(b: ProgramBuilder, x: readonly Complex<Name>[]): readonly Complex<Name>[] {
  const [x0, x1, x2, x3] = x as [Complex<Name>, Complex<Name>, Complex<Name>, Complex<Name>];
  if (x.length === 2) return [plus(b, x0, x1), minus(b, x0, x1)];
  const [even, evenOdd] = [plus(b, x0, x2), minus(b, x0, x2)];
  const [odd, oddOdd] = [plus(b, x1, x3), minus(b, x1, x3)];
  return [
    plus(b, even, odd),
    named(b, { re: add(evenOdd.re, oddOdd.im), im: sub(evenOdd.im, oddOdd.re) }),
    minus(b, even, odd),
    named(b, { re: sub(evenOdd.re, oddOdd.im), im: add(evenOdd.im, oddOdd.re) }),
  ];
}

/** Cosine and sine of a whole turn times `turn`, exact where they are 0 or 1. */
export function unitCircle(turn: number): Complex<number> {
  const quarter = turn * 4;
  const angle = 2 * Math.PI * turn;
  const at90 = Number.isInteger(quarter);
  return {
    re: at90 && quarter % 2 !== 0 ? 0 : Math.cos(angle),
    im: at90 && quarter % 2 === 0 ? 0 : Math.sin(angle),
  };
}

/** The value turned back by a share of a whole turn. */
function rotated(b: ProgramBuilder, { re, im }: Complex<Name>, turn: number): Complex<Name> {
  if (turn === 0) return { re, im };
  const { re: cosine, im: sine } = unitCircle(turn);
  const times = (x: Name, factor: number): Value => mul(x, constant(factor, x.type));
  if (cosine === 0) return named(b, { re: times(im, sine), im: times(re, -sine) });
  return named(b, {
    re: multiplyAdd(im, constant(sine, im.type), times(re, cosine)),
    im: multiplyAdd(re, constant(-sine, re.type), times(im, cosine)),
  });
}
