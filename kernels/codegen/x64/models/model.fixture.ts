/**
 * What an instruction must compute, as a function of TypeScript. A model sees whole registers as bytes; the makers below
 * turn a function of one lane into one of registers.
 */

/** Views of a register's 64 bytes, by the type of a lane. */
const views = {
  ...{ f32: Float32Array, f64: Float64Array },
  ...{ i8: Int8Array, u8: Uint8Array, i16: Int16Array, u16: Uint16Array },
  ...{ i32: Int32Array, u32: Uint32Array, i64: BigInt64Array, u64: BigUint64Array },
} as const;

export type Element = keyof typeof views;

/** Lanes of 64 bits and integers are bigint, all others number. */
// biome-ignore lint/suspicious/noExplicitAny: a lane is number or bigint by its element; the models know which
export type Lane = any;

/** The lanes of a register; writing one rounds or wraps as its type does. */
export type Lanes = Lane[] & { readonly length: number };

export function lanesOf(bytes: Uint8Array, element: Element): Lanes {
  const view = views[element];
  const count = bytes.length / view.BYTES_PER_ELEMENT;
  return new view(bytes.buffer as ArrayBuffer, bytes.byteOffset, count) as unknown as Lanes;
}

export const sizeOf = (element: Element): number => views[element].BYTES_PER_ELEMENT;

/** One execution: what the operands held, each in 64 bytes, the first being what the result replaces. */
export interface Situation {
  readonly operands: readonly Uint8Array[];
  /** Bits of the vectors. */
  readonly bits: number;
  readonly immediate: number;
  /** Bits of general-purpose registers. */
  readonly size: number;
  /** The operand encoding of the row: which operand stands where. */
  readonly encoding: string;
  /** Whether lane i takes part; true for all without a mask. */
  selected(lane: number): boolean;
  readonly zeroing: boolean;
  readonly masked: boolean;
}

export interface Model {
  /** Type of the lanes of the result; a mask counts in them. */
  readonly element: Element;
  /** Type of the lanes of the sources: which edge values are tried. */
  readonly from: Element;
  /** Writes the lanes of the result, as many as the instruction computes; the others are 0. */
  compute(result: Lanes, situation: Situation): void;
  /** The result replaces only the first lane; the others come from operand 1, or stay. */
  readonly upper?: "first source" | "destination";
  /** The mask is about the first lane alone. */
  readonly scalar?: true;
  /** The first operand is also a source. */
  readonly accumulates?: true;
  /** compute itself does what the mask says. */
  readonly ownMask?: true;
  /** Lanes of the result are 0 or 1: truth, as a mask register or as lanes of all ones. */
  readonly truth?: true;
  /** Bits by which a result may be off, relative to it; undefined: none. */
  readonly precision?: number;
  readonly immediates?: readonly number[];
}

type LaneFunction = (...lanes: Lane[]) => Lane;
type Options = Omit<Partial<Model>, "element" | "from" | "compute">;

/** Lane i of the result from lane i of each source; the immediate comes last. */
export function perLane(element: Element, from: Element, lane: LaneFunction, options: Options = {}): Model {
  const lanesIn = (bits: number): number => bits / 8 / Math.max(sizeOf(element), sizeOf(from));
  return {
    element,
    from,
    compute(result, { operands, bits, immediate }) {
      const sources = operands.map((operand, at) => lanesOf(operand, at === 0 ? element : from));
      const used = options.accumulates ? sources : sources.slice(1);
      const count = options.upper ? 1 : lanesIn(bits);
      for (let at = 0; at < count; at++) result[at] = lane(...used.map((each) => each[at]), immediate);
    },
    ...options,
  };
}

/** The whole result from whole sources, all seen as lanes of one type. */
export function whole(
  element: Element,
  compute: (result: Lanes, sources: readonly Lanes[], situation: Situation) => void,
  options: Options & { readonly from?: Element } = {},
): Model {
  const from = options.from ?? element;
  return {
    element,
    from,
    compute(result, situation) {
      const { operands } = situation;
      compute(
        result,
        operands.map((operand) => lanesOf(operand, from)),
        situation,
      );
    },
    ...options,
  };
}

/** Lanes of `element` in so many bits. */
export const countOf = (element: Element, bits: number): number => bits / 8 / sizeOf(element);

export type Models = Readonly<Record<string, Model>>;

/** Rows of one name with several endings. */
export function family<T extends string>(
  stem: string,
  endings: readonly T[],
  make: (ending: T) => Model,
): Models {
  return Object.fromEntries(endings.map((ending) => [stem + ending, make(ending)]));
}
