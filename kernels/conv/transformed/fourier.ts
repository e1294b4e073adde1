/**
 * Fourier's convolution of tiles (overlap-save): in the frequency domain a kernel of any size acts by one complex product
 * a frequency. A tile of N x N real pixels has N^2 / 2 frequencies that matter; each complex product is three real ones
 * (Gauss): with x = a + ib and w = c + id, k1 = c (a + b), k2 = a (d - c), k3 = b (c + d) give x w = (k1 - k3) + i (k1 +
 * k2). So the products between the transforms are those of Winograd's convolution, only of other points (Mathieu, Henaff
 * & LeCun, Fast training of convolutional networks through FFTs, arXiv:1312.5851).
 *
 * Real rows are transformed in pairs, as real and imaginary part of one transform; so are the two columns of frequencies
 * that are real, 0 and N / 2.
 */
import {
  add,
  advance,
  at,
  load,
  mul,
  type Name,
  type PointerName,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import type { PerAxis } from "../shape.ts";
import { type Complex, emitFft, emitInverseFft, fftScratch, unitCircle } from "./fft.ts";
import {
  channelPlane,
  filterPlane,
  type InputTile,
  inputProgramOf,
  type OutputTile,
  outputProgramOf,
  type TileDomain,
  type TileMethod,
} from "./method.ts";

/** Which points a frequency's products are: the first of three, or the only one where it is real. */
interface Spectrum {
  readonly size: number;
  /** Frequency (ky, kx) for kx from 1 to size / 2 - 1. */
  general(kx: number, ky: number): number;
  /** Frequency ky from 1 to size / 2 - 1 of column 0 (`which` 0) or size / 2 (1). */
  real(which: number, ky: number): number;
  /** Frequency 0 (`end` 0) or size / 2 (1) of column 0 or size / 2: the four that are real. */
  corner(which: number, end: number): number;
  readonly points: number;
}

/** The order of points: columns of frequencies from 1 on, then what is left of columns 0 and size / 2. */
export function spectrumOf(size: number): Spectrum {
  const inner = size / 2 - 1;
  const columns = 3 * size * inner;
  const corners = columns + 6 * inner;
  return {
    size,
    general: (kx, ky) => 3 * ((kx - 1) * size + ky),
    real: (which, ky) => columns + 3 * (which * inner + ky - 1),
    corner: (which, end) => corners + 2 * which + end,
    points: corners + 4,
  };
}

/** Vectors of a program's buffer: size / 2 complex columns, one transform's result, and its scratch. */
const bufferVectors = (size: number): number => size * size + 2 * size + fftScratch(size);

/** The parts of a program's buffer. */
interface Buffers {
  readonly lanes: number;
  readonly size: number;
  /** Complex columns [size / 2][part][size]. */
  readonly columns: PointerName;
  /** One transform's values [part][size]. */
  readonly line: PointerName;
  readonly scratch: PointerName;
}

function buffersIn(b: ProgramBuilder, buffer: PointerName, size: number, lanes: number): Buffers {
  return {
    ...{ lanes, size, columns: buffer },
    line: b.let("line", advance(buffer, size * size * lanes)),
    scratch: b.let("scratch", advance(buffer, (size * size + 2 * size) * lanes)),
  };
}

/** Element of a line, or of a column that a pointer stands at. */
const complexAt = ({ lanes, size }: Buffers, from: PointerName, index: number): Complex<Value> => ({
  re: load(at(from, 0, index * lanes), lanes),
  im: load(at(from, 0, (size + index) * lanes), lanes),
});

function storeComplex(
  b: ProgramBuilder,
  { lanes, size }: Buffers,
  to: PointerName,
  index: number,
  value: Complex<Value>,
): void {
  b.store(at(to, 0, index * lanes), value.re);
  b.store(at(to, 0, (size + index) * lanes), value.im);
}

/** Names for all four parts of two complex values. */
function namedParts(
  b: ProgramBuilder,
  x: Complex<Value>,
  y: Complex<Value>,
): readonly [Name, Name, Name, Name] {
  return [b.let("xr", x.re), b.let("xi", x.im), b.let("yr", y.re), b.let("yi", y.im)];
}

function writeInput(b: ProgramBuilder, domain: TileDomain, spectrum: Spectrum, tile: InputTile): void {
  const { size } = spectrum;
  const buffers = buffersIn(b, tile.buffer, size, domain.lanes);
  rowsForward(b, domain, buffers, tile.image);
  const plane = channelPlane(domain);
  const { lanes } = domain;
  b.loop("column", 1, size / 2, {}, (column) => {
    const from = b.let("from", advance(buffers.columns, mul(column, 2 * size * lanes)));
    const points = b.let("points", advance(tile.points, mul(sub(column, 1), 3 * size * plane)));
    emitFft(b, {
      ...{ size, lanes, scratch: buffers.scratch },
      source: (y) => complexAt(buffers, from, y),
      sink: (ky, value) => storeForGauss(b, points, 3 * ky, plane, value),
    });
  });
  emitFft(b, {
    ...{ size, lanes, scratch: buffers.scratch },
    source: (y) => complexAt(buffers, buffers.columns, y),
    sink: (ky, value) => storeComplex(b, buffers, buffers.line, ky, value),
  });
  separateRealColumns(b, buffers, spectrum, tile.points, plane);
}

/** a + b, a and b of a frequency x = a + ib. */
function storeForGauss(
  b: ProgramBuilder,
  points: PointerName,
  first: number,
  plane: number,
  { re, im }: Complex<Name>,
): void {
  b.store(at(points, 0, first * plane), add(re, im));
  b.store(at(points, 0, (first + 1) * plane), re);
  b.store(at(points, 0, (first + 2) * plane), im);
}

/**
 * Rows two by two: Z = FFT(row + i next). Twice the spectrum of the row is Z[k] + conj Z[-k], of the next one
 * (Z[k] - conj Z[-k]) / i; the factor 2 is taken out of the weights. Columns 0 and size / 2 are real and become one.
 */
function rowsForward(b: ProgramBuilder, domain: TileDomain, buffers: Buffers, image: PointerName): void {
  const { lanes, imageRow, channelPitch } = domain;
  const { size, line } = buffers;
  b.loop("pair", 0, size / 2, {}, (pair) => {
    const row = b.let("row", advance(image, mul(pair, 2 * imageRow)));
    emitFft(b, {
      ...{ size, lanes, scratch: buffers.scratch },
      source: (x) => ({
        re: load(at(row, 0, x * channelPitch), lanes),
        im: load(at(row, 0, imageRow + x * channelPitch), lanes),
      }),
      sink: (kx, value) => storeComplex(b, buffers, line, kx, value),
    });
    const to = b.let("to", advance(buffers.columns, mul(pair, 2 * lanes)));
    const store = (kx: number, part: number, next: number, value: Value): void =>
      b.store(at(to, 0, ((2 * kx + part) * size + next) * lanes), value);
    for (const [end, part] of [
      [0, 0],
      [size / 2, 1],
    ] as const) {
      const { re, im } = complexAt(buffers, line, end);
      store(0, part, 0, re);
      store(0, part, 1, im);
    }
    for (let kx = 1; kx < size / 2; kx++) {
      const [zr, zi, mr, mi] = namedParts(
        b,
        complexAt(buffers, line, kx),
        complexAt(buffers, line, size - kx),
      );
      store(kx, 0, 0, add(zr, mr));
      store(kx, 1, 0, sub(zi, mi));
      store(kx, 0, 1, add(zi, mi));
      store(kx, 1, 1, sub(mr, zr));
    }
  });
}

/** From the transform of column 0 + i column size / 2 the frequencies of both, from 0 to size / 2. */
function separateRealColumns(
  b: ProgramBuilder,
  buffers: Buffers,
  spectrum: Spectrum,
  points: PointerName,
  plane: number,
): void {
  const { size, line } = buffers;
  for (const [end, ky] of [0, size / 2].entries()) {
    const { re, im } = complexAt(buffers, line, ky);
    b.store(at(points, 0, spectrum.corner(0, end) * plane), re);
    b.store(at(points, 0, spectrum.corner(1, end) * plane), im);
  }
  for (let ky = 1; ky < size / 2; ky++) {
    const [zr, zi, mr, mi] = namedParts(b, complexAt(buffers, line, ky), complexAt(buffers, line, size - ky));
    const both = [
      { re: b.let("re", add(zr, mr)), im: b.let("im", sub(zi, mi)) },
      { re: b.let("re", add(zi, mi)), im: b.let("im", sub(mr, zr)) },
    ];
    for (const [which, value] of both.entries())
      storeForGauss(b, points, spectrum.real(which, ky), plane, value);
  }
}

function writeOutput(
  b: ProgramBuilder,
  domain: TileDomain,
  spectrum: Spectrum,
  step: PerAxis,
  tile: OutputTile,
): void {
  const { size } = spectrum;
  const { lanes } = domain;
  const buffers = buffersIn(b, tile.buffer, size, lanes);
  const plane = filterPlane(domain);
  joinRealColumns(b, buffers, spectrum, tile.points, plane);
  emitInverseFft(b, {
    ...{ size, lanes, scratch: buffers.scratch },
    source: (ky) => complexAt(buffers, buffers.line, ky),
    sink: (y, value) => storeComplex(b, buffers, buffers.columns, y, value),
  });
  b.loop("column", 1, size / 2, {}, (column) => {
    const points = b.let("points", advance(tile.points, mul(sub(column, 1), 3 * size * plane)));
    const to = b.let("to", advance(buffers.columns, mul(column, 2 * size * lanes)));
    emitInverseFft(b, {
      ...{ size, lanes, scratch: buffers.scratch },
      source: (ky) => fromGauss(b, lanes, points, 3 * ky, plane),
      sink: (y, value) => storeComplex(b, buffers, to, y, value),
    });
  });
  rowsBack(b, domain, buffers, step, tile);
}

/** The complex product from its three real ones. */
function fromGauss(
  b: ProgramBuilder,
  lanes: number,
  points: PointerName,
  first: number,
  plane: number,
): Complex<Value> {
  const product = (k: number): Value => load(at(points, 0, (first + k) * plane), lanes);
  const k1 = b.let("k1", product(0));
  return { re: sub(k1, product(2)), im: add(k1, product(1)) };
}

/** Column 0 + i column size / 2 from the frequencies of both: those above size / 2 are the conjugates of those below. */
function joinRealColumns(
  b: ProgramBuilder,
  buffers: Buffers,
  spectrum: Spectrum,
  points: PointerName,
  plane: number,
): void {
  const { size, line, lanes } = buffers;
  for (const [end, ky] of [0, size / 2].entries())
    storeComplex(b, buffers, line, ky, {
      re: load(at(points, 0, spectrum.corner(0, end) * plane), lanes),
      im: load(at(points, 0, spectrum.corner(1, end) * plane), lanes),
    });
  for (let ky = 1; ky < size / 2; ky++) {
    const [pr, pi, qr, qi] = namedParts(
      b,
      fromGauss(b, lanes, points, spectrum.real(0, ky), plane),
      fromGauss(b, lanes, points, spectrum.real(1, ky), plane),
    );
    storeComplex(b, buffers, line, ky, { re: sub(pr, qi), im: add(pi, qr) });
    storeComplex(b, buffers, line, size - ky, { re: add(pr, qi), im: sub(qr, pi) });
  }
}

/** Rows two by two, only those that hold outputs; where they are odd, one more is written, which the next tile covers. */
function rowsBack(
  b: ProgramBuilder,
  domain: TileDomain,
  buffers: Buffers,
  step: PerAxis,
  { stripe, finish }: OutputTile,
): void {
  const { lanes, stripeRow, filterPitch } = domain;
  const { size, line } = buffers;
  b.loop("pair", 0, Math.ceil(step.y / 2), {}, (pair) => {
    const from = b.let("from", advance(buffers.columns, mul(pair, 2 * lanes)));
    const part = (kx: number, which: number, next: number): Value =>
      load(at(from, 0, ((2 * kx + which) * size + next) * lanes), lanes);
    storeComplex(b, buffers, line, 0, { re: part(0, 0, 0), im: part(0, 0, 1) });
    storeComplex(b, buffers, line, size / 2, { re: part(0, 1, 0), im: part(0, 1, 1) });
    for (let kx = 1; kx < size / 2; kx++) {
      const [ar, ai, br, bi] = namedParts(
        b,
        { re: part(kx, 0, 0), im: part(kx, 1, 0) },
        { re: part(kx, 0, 1), im: part(kx, 1, 1) },
      );
      storeComplex(b, buffers, line, kx, { re: sub(ar, bi), im: add(ai, br) });
      storeComplex(b, buffers, line, size - kx, { re: add(ar, bi), im: sub(br, ai) });
    }
    const to = b.let("to", advance(stripe, mul(pair, 2 * stripeRow)));
    emitInverseFft(b, {
      ...{ size, lanes, scratch: buffers.scratch },
      source: (kx) => complexAt(buffers, line, kx),
      sink: (x, { re, im }) => {
        if (x >= step.x) return;
        b.store(at(to, 0, x * filterPitch), finish(re));
        b.store(at(to, 0, stripeRow + x * filterPitch), finish(im));
      },
    });
  });
}

/** Fourier's convolution with tiles of `size` x `size` for kernels of these sides. */
export function fourierMethod(size: number, kernel: PerAxis): TileMethod {
  const spectrum = spectrumOf(size);
  const step = { y: size - kernel.y + 1, x: size - kernel.x + 1 };
  const id = `fft-${size}`;
  return {
    id,
    tile: { y: size, x: size },
    step,
    points: spectrum.points,
    stripeRows: (tileRows) => tileRows * step.y + (step.y % 2),
    bufferVectors: bufferVectors(size),
    inputProgram: (domain) =>
      inputProgramOf(id, domain, step, (b, tile) => writeInput(b, domain, spectrum, tile)),
    outputProgram: (domain) =>
      outputProgramOf(id, domain, step, (b, tile) => writeOutput(b, domain, spectrum, step, tile)),
    mapKernel: kernelMap(spectrum, kernel),
  };
}

/**
 * The conjugate spectrum of a kernel, which makes a correlation of the convolution, at every point: c, d - c and c + d of
 * c + id. The factors that the transforms leave out are in it: 1 / size^2, and 1 / 2 where a pair was separated.
 */
function kernelMap(spectrum: Spectrum, kernel: PerAxis): TileMethod["mapKernel"] {
  const { size } = spectrum;
  const circle = Array.from({ length: size }, (_, n) => unitCircle(n / size));
  const rows = Array.from({ length: kernel.y }, () => new Float64Array(size + 2));
  const frequency = (kx: number, ky: number): Complex<number> => {
    let [re, im] = [0, 0];
    for (const [y, row] of rows.entries()) {
      const { re: c, im: s } = circle[(ky * y) % size] as Complex<number>;
      const [a, d] = [row[2 * kx] as number, row[2 * kx + 1] as number];
      re += a * c - d * s;
      im += a * s + d * c;
    }
    return { re, im };
  };
  return (weights, points) => {
    for (const [y, row] of rows.entries())
      transformRow(weights.subarray(y * kernel.x, (y + 1) * kernel.x), circle, row);
    const place = (first: number, { re, im }: Complex<number>): void => {
      const scale = 1 / (2 * size * size);
      points[first] = scale * re;
      points[first + 1] = scale * (im - re);
      points[first + 2] = scale * (re + im);
    };
    for (let kx = 1; kx < size / 2; kx++)
      for (let ky = 0; ky < size; ky++) place(spectrum.general(kx, ky), frequency(kx, ky));
    for (const [which, kx] of [0, size / 2].entries()) {
      for (let ky = 1; ky < size / 2; ky++) place(spectrum.real(which, ky), frequency(kx, ky));
      for (const [end, ky] of [0, size / 2].entries())
        points[spectrum.corner(which, end)] = frequency(kx, ky).re / (size * size);
    }
  };
}

/** Frequencies 0 to size / 2 of a row of weights, conjugate, as pairs of real and imaginary part. */
function transformRow(row: Float64Array, circle: readonly Complex<number>[], into: Float64Array): void {
  const size = circle.length;
  for (let kx = 0; kx <= size / 2; kx++) {
    let [re, im] = [0, 0];
    for (let x = 0; x < row.length; x++) {
      const { re: c, im: s } = circle[(kx * x) % size] as Complex<number>;
      re += (row[x] as number) * c;
      im += (row[x] as number) * s;
    }
    into[2 * kx] = re;
    into[2 * kx + 1] = im;
  }
}
