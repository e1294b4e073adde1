/**
 * The softmax of I-BERT's published module, as it computes: integers of up to 56 bits in double precision, and a
 * requantiser to 16 bits whose scale follows from the whole tensor. A model, not a kernel: half of it is not integer
 * arithmetic. Reference: kssteven418/I-BERT, fairseq/quantization/utils/quant_modules.py, IntSoftmax.
 */
import { roundEven } from "../quantiser.ts";

const a = 0.35815147;
const b = 0.96963238 / a;
const c = 1 / a;
/** -ln 2 as the module has it, to four digits. */
// biome-ignore lint/suspicious/noApproximativeNumericConstant: the module's results depend on these very digits
const negativeLn2 = -0.6931;
/** The greatest power of 2 that an exponential is divided by. */
const powers = 30;

export interface AuthorSoftmax {
  readonly q: Float64Array;
  /** Of the 16-bit exponentials, by the module's calibration. */
  readonly activationScale: number;
  readonly scaleOut: number;
}

/** Shares of rows of `columns` integers at `scale`, as integers of `bits` bits. */
export function authorSoftmax(
  q: ArrayLike<number>,
  columns: number,
  { scale, bits }: { readonly scale: number; readonly bits: number },
): AuthorSoftmax {
  const exponentials = exponentialsOf(q, columns, scale);
  const scaleExp = (a * scale ** 2) / 2 ** powers;
  const largest = exponentials.reduce((most, each) => Math.max(most, each), 0);
  const activationScale = largest / (2 ** 15 - 1);
  const { mantissa, exponent } = parts(scaleExp / activationScale);
  const narrow = exponentials.map((each) => {
    const scaled = roundEven((roundEven(each / scaleExp) * mantissa) / 2 ** (31 - exponent));
    return Math.min(2 ** 15 - 1, Math.max(-(2 ** 15), scaled));
  });
  const shares = new Float64Array(narrow.length);
  for (let first = 0; first < narrow.length; first += columns) {
    let sum = 0;
    for (let i = 0; i < columns; i++) sum += narrow[first + i] as number;
    const factor = Math.floor(2 ** 32 / sum);
    for (let i = 0; i < columns; i++)
      shares[first + i] = Math.floor(((narrow[first + i] as number) * factor) / 2 ** (32 - bits));
  }
  return { q: shares, activationScale, scaleOut: 2 ** -bits };
}

function exponentialsOf(q: ArrayLike<number>, columns: number, scale: number): Float64Array {
  const step = Math.floor(negativeLn2 / scale);
  const [linear, square] = [Math.floor(b / scale), Math.floor(c / scale ** 2)];
  const result = new Float64Array(q.length);
  for (let first = 0; first < q.length; first += columns) {
    let greatest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < columns; i++) greatest = Math.max(greatest, q[first + i] as number);
    for (let i = 0; i < columns; i++) {
      const x = Math.max((q[first + i] as number) - greatest, powers * step);
      const k = Math.floor(x / step);
      const rest = x - step * k;
      const polynomial = (rest + linear) * rest + square;
      result[first + i] = Math.max(0, Math.floor(polynomial * 2 ** (powers - k)));
    }
  }
  return result;
}

/** x = mantissa / 2^31 * 2^exponent with a mantissa of 31 bits, rounded half up. */
function parts(x: number): { mantissa: number; exponent: number } {
  const exponent = Math.floor(Math.log2(x)) + 1;
  const fraction = x / 2 ** exponent;
  const [f, e] =
    fraction >= 1
      ? [fraction / 2, exponent + 1]
      : fraction < 0.5
        ? [fraction * 2, exponent - 1]
        : [fraction, exponent];
  return { mantissa: Math.floor(f * 2 ** 31 + 0.5), exponent: e };
}
