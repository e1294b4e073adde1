/**
 * Tiles and block sizes of the integer GEMM by what the machine offers: how many bytes of a row of A are multiplied at
 * once, and how large a tile of sums fits the registers. One step of the sum is a word of 32 bits: four bytes, or two
 * that were widened to 16 bits.
 */
import { hasVnni, type KernelTarget } from "../../codegen/compile.ts";
import type { DotParts } from "../../codegen/expressions.ts";
import { type KernelIsa, kernelIsa } from "../../gemm/machines.ts";
import type { NativeIsa } from "../../native/cpu-features.ts";

/** What is known of the left operand: signed bytes, unsigned ones, or unsigned ones of at most 127. */
export type LeftBytes = "i8" | "u8" | "u7";

/** kc counts steps; the other sizes are as in ../../gemm/machines.ts. */
export interface IntegerTile {
  readonly id: string;
  readonly isa: KernelIsa;
  readonly vnni: boolean;
  readonly left: readonly LeftBytes[];
  readonly parts: DotParts;
  readonly lanes: number;
  readonly mr: number;
  readonly nr: number;
  readonly mc: number;
  readonly nc: number;
  readonly kc: number;
  readonly reason: string;
}

const every: readonly LeftBytes[] = ["i8", "u8", "u7"];
const blocks512 = { lanes: 16, mr: 12, nr: 32, mc: 192, nc: 2048, kc: 256 } as const;
const blocks256 = { lanes: 8, nr: 16, mc: 72, nc: 2048, kc: 256 } as const;
const blocks128 = { lanes: 4, nr: 8, mc: 96, nc: 1024, kc: 512 } as const;

/** The first row that fits is taken. */
export const integerTiles: readonly IntegerTile[] = [
  {
    ...blocks512,
    ...{ id: "i8-12x32-vnni512", isa: "avx512", vnni: true, left: every, parts: "bytes" },
    reason:
      "the tile of f32, whose registers a dot product needs too: 24 sums, 2 vectors of B, 1 broadcast of A",
  },
  {
    ...blocks512,
    ...{ id: "i8-12x32-avx512-seven", isa: "avx512", vnni: false, left: ["u7"], parts: "sevenBits" },
    reason: "as above and two registers for products and ones; three instructions for 64 products",
  },
  {
    ...blocks512,
    ...{ id: "i16-12x32-avx512", isa: "avx512", vnni: false, left: every, parts: "pairs" },
    reason: "vpmaddwd and vpaddd, two instructions for 32 products; bytes are widened when they are packed",
  },
  {
    ...blocks256,
    ...{ id: "i8-6x16-vnni256", isa: "avx2", vnni: true, left: every, parts: "bytes", mr: 6 },
    reason: "12 sums, 2 vectors of B, 1 broadcast of A: 15 of 16 registers",
  },
  {
    ...blocks256,
    ...{
      id: "i8-5x16-avx2-seven",
      isa: "avx2",
      vnni: false,
      left: ["u7"],
      parts: "sevenBits",
      mr: 5,
      mc: 70,
    },
    reason: "10 sums, 2 vectors of B, 1 broadcast of A, products and ones: 15 of 16 registers",
  },
  {
    ...blocks256,
    ...{ id: "i16-6x16-avx2", isa: "avx2", vnni: false, left: every, parts: "pairs", mr: 6 },
    reason: "12 sums, 2 vectors of B, 1 broadcast of A and the products: all 16 registers",
  },
  {
    ...blocks128,
    ...{ id: "i8-6x8-relaxed", isa: "wasm", vnni: false, left: ["u7"], parts: "sevenBits", mr: 6 },
    reason: "the tile of f32; one relaxed dot product does 16 products where the core has AVX-VNNI",
  },
  {
    ...blocks128,
    ...{ id: "i16-5x8-wasm", isa: "wasm", vnni: false, left: every, parts: "pairs", mr: 5, mc: 95 },
    reason:
      "i32x4.dot_i16x8_s needs a register for its products: 10 sums, 2 vectors of B, 1 broadcast, 14 of 15",
  },
];

export interface TileWish {
  readonly target: KernelTarget;
  readonly left: LeftBytes;
  readonly isa?: NativeIsa | undefined;
  readonly vnni?: boolean | undefined;
}

/** The tile for a target and a left operand. */
export function integerTile({ target, left, isa: wished, vnni: wishedVnni }: TileWish): IntegerTile {
  const isa = kernelIsa(target, wished);
  const vnni = isa !== "wasm" && (wishedVnni ?? hasVnni(isa));
  const fits = integerTiles.find(
    (tile) => tile.isa === isa && (vnni || !tile.vnni) && tile.left.includes(left),
  );
  if (!fits) throw new Error(`no integer tile for ${left} on ${isa}`);
  return fits;
}
