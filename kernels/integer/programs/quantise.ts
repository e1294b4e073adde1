/**
 * Vector programs between real numbers and integers. Numbers lie in blocks of `inner` that share a scale and a zero
 * point: the blocks of one channel after the other, and that `outer` times. A whole tensor is one channel.
 */
import {
  add,
  advance,
  at,
  convert,
  div,
  greaterOrEqual,
  lessOrEqual,
  load,
  type MemoryElement,
  max,
  min,
  mul,
  type Name,
  type PointerName,
  round,
  select,
  sub,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { RealVector } from "../../nn/operation.ts";
import { everywhere, read, type Span, stretchOf, sweep, write } from "../../nn/programs/sweep.ts";

/** What a block's numbers share, in every lane. */
interface Channel {
  readonly scale: Name;
  readonly zero: Name;
  readonly least: Name;
  readonly greatest: Name;
}

interface Walk {
  readonly from: readonly MemoryElement[];
  readonly to: MemoryElement;
  /** The element of scales, zero points and bounds. */
  readonly type: RealVector;
}

/**
 * Parameters `(outer, channels, inner, least, greatest, scales, zeroPoints, …from, to)`; `body` computes a vector of `to`
 * from the vectors of the operands.
 */
function blocks(
  name: string,
  { from, to, type }: Walk,
  body: (b: ProgramBuilder, operands: readonly Value[], channel: Channel) => Value,
): Program {
  return program(name, (b) => {
    const [outer, channels, inner] = [b.integer("outer"), b.integer("channels"), b.integer("inner")];
    const bounds = [b.scalar("least", type.element), b.scalar("greatest", type.element)] as const;
    const tables = [b.pointer("scales", type.element), b.pointer("zeroPoints", type.element)] as const;
    const sources = from.map((element, i) => b.pointer(`from${i}`, element));
    const target = b.pointer("to", to);
    const [least, greatest] = bounds.map((bound) => everywhere(b, "bound", bound, type)) as [Name, Name];
    const walking = [...sources, target].map((pointer) => b.variable("walking", pointer));
    const stretch = stretchOf(b, inner, { element: "i32", lanes: type.lanes });
    const real = stretchOf(b, inner, type);
    b.loop("block", 0, outer, {}, () =>
      b.loop("channel", 0, channels, {}, (channel) => {
        const [scale, zero] = tables.map((table) =>
          everywhere(b, "entry", load(at(table, channel)), type),
        ) as [Name, Name];
        sweep(b, real, 1, (span) => {
          // A tail belongs to a type of vectors: bytes and i32 need one of their own.
          const spanOf = (element: MemoryElement): Span =>
            span.tail && element !== type.element ? { ...span, tail: stretch.tail } : span;
          const operands = from.map((element, i) =>
            read(walking[i] as PointerName<MemoryElement>, spanOf(element)),
          );
          const value = body(b, operands, { scale, zero, least, greatest });
          write(b, walking.at(-1) as PointerName<MemoryElement>, spanOf(to), value);
        });
        for (const pointer of walking) b.set(pointer, advance(pointer, inner));
      }),
    );
  });
}

/** round(x / scale) + zero point: the integer before it is clamped, as a real number. */
const place = (x: Value, { scale, zero }: Channel): Value => add(round(div(x, scale)), zero);
const clamped = (q: Value, { least, greatest }: Channel): Value => min(max(q, least), greatest);

/** From real numbers to bytes or i32. */
export const quantiseProgram = (name: string, type: RealVector, to: "i8" | "u8" | "i32"): Program =>
  blocks(name, { from: [type.element], to, type }, (_, [x], channel) =>
    convert(clamped(place(x as Value, channel), channel), "i32"),
  );

/** From bytes or i32 to real numbers. */
export const dequantiseProgram = (name: string, type: RealVector, from: "i8" | "u8" | "i32"): Program =>
  blocks(name, { from: [from], to: type.element, type }, (_, [q], { scale, zero }) =>
    mul(sub(convert(q as Value, type.element), zero), scale),
  );

/** Real numbers as what they would be after quantisation. */
export const fakeQuantiseProgram = (name: string, type: RealVector): Program =>
  blocks(name, { from: [type.element], to: type.element, type }, (_, [x], channel) =>
    mul(sub(clamped(place(x as Value, channel), channel), channel.zero), channel.scale),
  );

/**
 * The straight-through gradient (Bengio et al. 2013): that of y where the integer was not clamped, else 0. From x and the
 * gradient of y.
 */
export const fakeQuantiseGradientProgram = (name: string, type: RealVector): Program =>
  blocks(
    name,
    { from: [type.element, type.element], to: type.element, type },
    (b, [x, gradient], channel) => {
      const q = b.let("q", place(x as Value, channel));
      const inside = select(lessOrEqual(q, channel.greatest), gradient as Value, 0);
      return select(greaterOrEqual(q, channel.least), inside, 0);
    },
  );
