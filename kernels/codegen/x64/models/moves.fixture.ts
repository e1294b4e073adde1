/**
 * Models of rows/moves.ts. Elements are copied bit by bit, so all are seen as integers.
 */
import {
  countOf,
  type Element,
  family,
  type Lane,
  type Lanes,
  lanesOf,
  type Model,
  type Models,
  sizeOf,
  whole,
} from "./model.fixture.ts";

type Select = (at: number, sources: readonly Lanes[], immediate: number, count: number) => Lane;

/** Lane `at` of the result, chosen from the lanes of the sources; sources[0] is what the result replaces. */
const choose = (element: Element, select: Select, immediates?: readonly number[]): Model =>
  whole(
    element,
    (result, sources, { bits, immediate }) => {
      const count = countOf(element, bits);
      for (let at = 0; at < count; at++) result[at] = select(at, sources, immediate, count);
    },
    immediates ? { immediates } : {},
  );

const lane = (sources: readonly Lanes[], operand: number, at: number): Lane =>
  (sources[operand] as Lanes)[at];

const copy = (element: Element): Model => choose(element, (at, sources) => lane(sources, 1, at));
const first = (element: Element): Model => choose(element, (_, sources) => lane(sources, 1, 0));

/** Scalar moves: of three registers the last one's first lane and the rest of the first source. */
const scalarMove = (element: Element): Model => ({
  scalar: true,
  element,
  from: element,
  compute(result, { operands }) {
    const [, a, b] = operands.map((each) => lanesOf(each, element));
    result[0] = ((b ?? a) as Lanes)[0];
    if (!b) return;
    for (let at = 1; at < countOf(element, 128); at++) result[at] = (a as Lanes)[at];
  },
});

/** The first lane and zeros. */
const onlyFirst = (element: Element): Model =>
  whole(element, (result, [, source]) => {
    result[0] = (source as Lanes)[0];
  });

/** Within each 128 bits: lanes of one half of a and of b, in turn. */
const unpack = (element: Element, high: boolean): Model =>
  choose(element, (at, sources) => {
    const block = countOf(element, 128);
    const within = at % block;
    return lane(sources, 1 + (within & 1), at - within + (high ? block / 2 : 0) + (within >> 1));
  });

const shuffles = [0, 0xff, 0x1b, 0xe4, 0x93, 0x4e, 0xb1];
/** Two bits of the immediate. */
const pair = (immediate: number, at: number): number => (immediate >> (2 * at)) & 3;
const bit = (immediate: number, at: number): number => (immediate >> at) & 1;

/** 128 bits as blocks: block `at` of the result from a choice of operand and block. */
const blocks = (
  element: Element,
  choice: (
    at: number,
    immediate: number,
    count: number,
  ) => readonly [operand: number, block: number] | undefined,
): Model =>
  choose(
    element,
    (at, sources, immediate, count) => {
      const block = countOf(element, 128);
      const chosen = choice(Math.floor(at / block), immediate, count / block);
      return chosen
        ? lane(sources, chosen[0], chosen[1] * block + (at % block))
        : sizeOf(element) === 8
          ? 0n
          : 0;
    },
    shuffles,
  );

/** Half of both sources; four bits a block, of which the highest clears. */
const twoBlocks: Parameters<typeof blocks>[1] = (at, immediate) => {
  const control = immediate >> (4 * at);
  return control & 8 ? undefined : [1 + ((control >> 1) & 1), control & 1];
};

const shuffleBlocks: Parameters<typeof blocks>[1] = (at, immediate, count) =>
  count === 2 ? [1 + at, bit(immediate, at)] : [1 + (at >> 1), pair(immediate, at)];

const extract = (element: Element, part: number): Model =>
  whole(
    element,
    (result, [, source], { bits, immediate }) => {
      const count = countOf(element, part);
      const start = (immediate & (bits / part - 1)) * count;
      for (let at = 0; at < count; at++) result[at] = (source as Lanes)[start + at];
    },
    { immediates: [0, 1, 2, 3, 5] },
  );

const insert = (element: Element, part: number): Model =>
  choose(
    element,
    (at, sources, immediate, count) => {
      const size = countOf(element, part);
      const start = (immediate & (count / size - 1)) * size;
      return at >= start && at < start + size ? lane(sources, 2, at - start) : lane(sources, 1, at);
    },
    [0, 1, 2, 3, 6],
  );

const number = (value: Lane): number => Number(BigInt.asUintN(16, BigInt(value)));
const permute = (element: Element, index: number, table: number): Model =>
  choose(element, (at, sources, _, count) =>
    lane(sources, table, number(lane(sources, index, at)) & (count - 1)),
  );

/** Indexes into two tables laid end to end. */
const permuteTwo = (element: Element, index: number, tables: readonly [number, number]): Model =>
  choose(element, (at, sources, _, count) => {
    const chosen = number(lane(sources, index, at)) & (2 * count - 1);
    return lane(sources, chosen < count ? tables[0] : tables[1], chosen & (count - 1));
  });

const negative = (value: Lane): boolean => value < 0;
const signedOf = { 4: "i32", 8: "i64" } as const;

/** Lanes whose selector is negative, from memory or into it. Loading clears the others, storing leaves them alone. */
const masking = (size: 4 | 8): Model => ({
  element: signedOf[size],
  from: signedOf[size],
  accumulates: true,
  compute(result, { operands, bits, encoding }) {
    const [old, selector, source] = operands.map((each) => lanesOf(each, signedOf[size]));
    for (let at = 0; at < bits / 8 / size; at++) {
      if (negative((selector as Lanes)[at])) result[at] = (source as Lanes)[at];
      else if (encoding === "MVR") result[at] = (old as Lanes)[at];
    }
  },
});

const blendByMask = (element: Element): Model => ({
  element,
  from: element,
  ownMask: true,
  compute(result, { operands, bits, selected, zeroing, masked }) {
    const [, a, b] = operands.map((each) => lanesOf(each, element));
    for (let at = 0; at < countOf(element, bits); at++) {
      if (!masked || selected(at)) result[at] = (b as Lanes)[at];
      else result[at] = zeroing ? result[at] : (a as Lanes)[at];
    }
  },
});

/** Selected lanes side by side, the rest as masking leaves it. */
const compress: Model = {
  element: "u32",
  from: "u32",
  ownMask: true,
  compute(result, { operands, bits, selected, zeroing }) {
    const [old, source] = operands.map((each) => lanesOf(each, "u32"));
    let next = 0;
    for (let at = 0; at < bits / 32; at++) if (selected(at)) result[next++] = (source as Lanes)[at];
    for (; next < bits / 32; next++) result[next] = zeroing ? 0 : (old as Lanes)[next];
  },
};

const expand: Model = {
  ...compress,
  compute(result, { operands, bits, selected, zeroing }) {
    const [old, source] = operands.map((each) => lanesOf(each, "u32"));
    let next = 0;
    for (let at = 0; at < bits / 32; at++) {
      if (selected(at)) result[at] = (source as Lanes)[next++];
      else result[at] = zeroing ? 0 : (old as Lanes)[at];
    }
  },
};

/** One element into or out of a vector, by the low bits of the immediate. */
const extractOne = (element: Element): Model =>
  whole(
    element,
    (result, [, source], { immediate }) => {
      result[0] = (source as Lanes)[immediate & (countOf(element, 128) - 1)];
    },
    { immediates: [0, 1, 2, 3] },
  );

const insertOne = (element: Element): Model =>
  choose(
    element,
    (at, sources, immediate, count) =>
      at === (immediate & (count - 1)) ? lane(sources, 2, 0) : lane(sources, 1, at),
    [0, 1, 2, 3],
  );

/** Reference: Intel SDM volume 2, INSERTPS. */
const insertFloat: Model = whole(
  "u32",
  (result, [, a, b], { immediate, bits }) => {
    const source = bits === 0 ? 0 : immediate >> 6;
    for (let at = 0; at < 4; at++) {
      const value = at === pair(immediate, 2) ? (b as Lanes)[source] : (a as Lanes)[at];
      result[at] = bit(immediate, at) ? 0 : value;
    }
  },
  { immediates: [0, 0x10, 0x25, 0x3f] },
);

const floats = { ps: "u32", pd: "u64" } as const;
const integers = { d: "u32", q: "u64" } as const;

export const moveModels: Models = {
  ...family("vmovu", ["ps", "pd"], (ending) => copy(floats[ending])),
  ...family("vmova", ["ps", "pd"], (ending) => copy(floats[ending])),
  ...family("vmovnt", ["ps", "pd", "dq", "dqa"], () => copy("u64")),
  ...family("vmovdq", ["u", "a", "u64", "a64"], () => copy("u64")),
  ...family("vmovdq", ["u32", "a32"], () => copy("u32")),
  vmovdqu8: copy("u8"),
  vmovdqu16: copy("u16"),
  vmovss: scalarMove("u32"),
  vmovsd: scalarMove("u64"),
  vmovd: onlyFirst("u32"),
  vmovq: onlyFirst("u64"),
  vbroadcastss: first("u32"),
  vbroadcastsd: first("u64"),
  vpbroadcastd: first("u32"),
  vpbroadcastq: first("u64"),
  vbroadcastf32x4: choose("u32", (at, sources) => lane(sources, 1, at % 4)),
  vmovddup: choose("u64", (at, sources) => lane(sources, 1, at & ~1)),
  ...family("vmaskmov", ["ps", "pd"], (ending) => masking(ending === "ps" ? 4 : 8)),
  ...family("vpmaskmov", ["d", "q"], (ending) => masking(ending === "d" ? 4 : 8)),
  ...family("vunpckl", ["ps", "pd"], (ending) => unpack(floats[ending], false)),
  ...family("vunpckh", ["ps", "pd"], (ending) => unpack(floats[ending], true)),
  ...family("vpunpck", ["lbw", "hbw"], (ending) => unpack("u8", ending.startsWith("h"))),
  ...family("vpunpck", ["lwd", "hwd"], (ending) => unpack("u16", ending.startsWith("h"))),
  ...family("vpunpck", ["ldq", "hdq"], (ending) => unpack("u32", ending.startsWith("h"))),
  ...family("vpunpck", ["lqdq", "hqdq"], (ending) => unpack("u64", ending.startsWith("h"))),
  vshufps: choose(
    "u32",
    (at, sources, imm) => lane(sources, 1 + ((at >> 1) & 1), (at & ~3) + pair(imm, at & 3)),
    shuffles,
  ),
  vshufpd: choose(
    "u64",
    (at, sources, imm) => lane(sources, 1 + (at & 1), (at & ~1) + bit(imm, at)),
    shuffles,
  ),
  vpermilps: choose("u32", (at, sources, imm) => lane(sources, 1, (at & ~3) + pair(imm, at & 3)), shuffles),
  vpermilpd: choose("u64", (at, sources, imm) => lane(sources, 1, (at & ~1) + bit(imm, at)), shuffles),
  vpshufd: choose("u32", (at, sources, imm) => lane(sources, 1, (at & ~3) + pair(imm, at & 3)), shuffles),
  vpshufb: choose("u8", (at, sources) => {
    const control = lane(sources, 2, at);
    return control & 128 ? 0 : lane(sources, 1, (at & ~15) + (control & 15));
  }),
  vpalignr: choose(
    "u8",
    (at, sources, imm) => {
      const from = (at & 15) + imm;
      return from < 16
        ? lane(sources, 2, (at & ~15) + from)
        : from < 32
          ? lane(sources, 1, (at & ~15) + from - 16)
          : 0;
    },
    [0, 1, 4, 15, 16, 20, 31, 32, 255],
  ),
  valignd: choose(
    "u32",
    (at, sources, imm, count) => {
      const from = at + (imm & (count - 1));
      return from < count ? lane(sources, 2, from) : lane(sources, 1, from - count);
    },
    [0, 1, 3, 7, 12, 16],
  ),
  vperm2f128: blocks("u64", twoBlocks),
  vperm2i128: blocks("u64", twoBlocks),
  ...family("vextract", ["f128", "i128"], () => extract("u64", 128)),
  ...family("vextract", ["f32x4", "i32x4"], () => extract("u32", 128)),
  ...family("vextract", ["f64x4", "i64x4"], () => extract("u64", 256)),
  ...family("vinsert", ["f128", "i128"], () => insert("u64", 128)),
  ...family("vinsert", ["f32x4", "i32x4"], () => insert("u32", 128)),
  ...family("vinsert", ["f64x4", "i64x4"], () => insert("u64", 256)),
  vextractps: extractOne("u32"),
  vpextrb: extractOne("u8"),
  vpextrd: extractOne("u32"),
  vpextrq: extractOne("u64"),
  vinsertps: insertFloat,
  vpinsrd: insertOne("u32"),
  vpinsrq: insertOne("u64"),
  ...family("vshuf", ["f32x4", "i32x4"], () => blocks("u32", shuffleBlocks)),
  ...family("vshuf", ["f64x2", "i64x2"], () => blocks("u64", shuffleBlocks)),
  vpermps: permute("u32", 1, 2),
  vpermd: permute("u32", 1, 2),
  ...family("vperm", ["pd", "q"], () => ({
    ...choose("u64", (at, sources, imm, count) =>
      sources[2]
        ? lane(sources, 2, number(lane(sources, 1, at)) & (count - 1))
        : lane(sources, 1, (at & ~3) + pair(imm, at & 3)),
    ),
    immediates: shuffles,
  })),
  vpermb: permute("u8", 1, 2),
  vpermw: permute("u16", 1, 2),
  ...family("vpermi2", ["ps", "pd"], (ending) => permuteTwo(floats[ending], 0, [1, 2])),
  ...family("vpermi2", ["d", "q"], (ending) => permuteTwo(integers[ending], 0, [1, 2])),
  ...family("vpermt2", ["ps", "pd"], (ending) => permuteTwo(floats[ending], 1, [0, 2])),
  ...family("vpermt2", ["d", "q"], (ending) => permuteTwo(integers[ending], 1, [0, 2])),
  ...family("vblendv", ["ps", "pd"], (ending) =>
    choose(ending === "ps" ? "i32" : "i64", (at, sources) =>
      lane(sources, negative(lane(sources, 3, at)) ? 2 : 1, at),
    ),
  ),
  ...family("vblendm", ["ps", "pd"], (ending) => blendByMask(floats[ending])),
  ...family("vpblendm", ["d", "q"], (ending) => blendByMask(integers[ending])),
  vcompressps: compress,
  vpcompressd: compress,
  vexpandps: expand,
  vpexpandd: expand,
};
