/**
 * What a reader sees above a listing: which variant it is and what it adds, its tile and the registers that it takes,
 * its blocks and why, and the programs that follow with their parameters. In the comments of the target's own language.
 */

import { nativeIsaOr } from "../codegen/compile.ts";
import type { Program } from "../codegen/statements.ts";
import type { Target, VariantRef } from "../experiment.ts";
import { type Blocking, kernelIsa, type MachineRow, machineRow } from "./machines.ts";
import type { GemmPlan } from "./plan.ts";
import { coreOf, predictTile } from "./tile-model.ts";
import { gemmVariants, planGemm } from "./variants.ts";
import { gemmWay } from "./way.ts";

const comments: Readonly<Record<Target, string>> = { js: "//", wasm: ";;", native: ";", peer: "#" };

/** What each program of a plan is for, by the name that the plan gives it; the first pattern that fits counts. */
const purposes: readonly (readonly [RegExp, string])[] = [
  [/^product$/, "C += alpha A B, the whole of it or one block"],
  [/^macro$/, "two loops over panels (jr, ir) around the micro-kernel, whose loop over k is the innermost"],
  [/^across[AB]$/, "packs a block into panels, its rows lying in memory one after the other"],
  [/^along[AB]$/, "packs a block into panels, the steps of a panel lying in memory one after the other"],
  [/^strided[AB]$/, "packs a block into panels, from any strides"],
];

/** The lines above the listing of a variant, each a comment. */
export function listingHead(ref: VariantRef): string {
  const { variant, arithmetic, isa: wished } = gemmWay(ref.variant);
  const isa = ref.target === "peer" ? "wasm" : kernelIsa(ref.target, wished ?? nativeIsaOr("avx512"));
  const plan = planGemm(variant, "f32", isa);
  const machine = machineRow("f32", isa);
  const row = gemmVariants.find(({ pattern }) => pattern.test(variant));
  const lines = [
    `${ref.variant} on ${ref.target}: ${row?.title ?? "a product"}; ${arithmetic} arithmetic, float32`,
    ...(row ? wrapped("what it adds: ", row.adds) : []),
    ...tileLines(variant, ref.target, machine),
    ...blockLines(plan, machine),
    "programs in the order below; *p is a byte address, everything else a number:",
    ...Object.entries(plan.programs).flatMap(([name, program]) => [
      `  ${signature(program)}`,
      `    ${purposeOf(name)}`,
    ]),
  ];
  return lines.map((line) => `${comments[ref.target]} ${line}`).join("\n");
}

function purposeOf(name: string): string {
  return purposes.find(([pattern]) => pattern.test(name))?.[1] ?? name;
}

/** Width of a comment, so that it fits beside its mark in a terminal of 110 columns. */
const width = 104;

/** A label and a text in lines of `width`, the further ones set in as far as the label is wide. */
function wrapped(label: string, text: string): string[] {
  const lines = [label];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) as string;
    const isFirst = line.trim() === "" || line === label;
    if (!isFirst && line.length + 1 + word.length > width) lines.push(" ".repeat(label.length) + word);
    else lines[lines.length - 1] = isFirst ? line + word : `${line} ${word}`;
  }
  return lines;
}

function signature({ name, parameters }: Program): string {
  return `${name}(${parameters.map((p) => (p.kind === "pointer" ? `*${p.name}` : p.name)).join(", ")})`;
}

/** Rows and columns of the register tile; undefined where a variant has none. */
function tileIn(
  variant: string,
  { blocking }: MachineRow,
): { readonly mr: number; readonly nr: number } | undefined {
  const [mr, nr] = /-(\d+)x(\d+)/.exec(variant)?.slice(1).map(Number) ?? [];
  if (mr && nr) return { mr, nr };
  return variant.startsWith("packed") ? blocking : undefined;
}

function tileLines(variant: string, target: Target, machine: MachineRow): string[] {
  const tile = tileIn(variant, machine);
  if (!tile) return [];
  const { mr, nr } = tile;
  const isVector = /simd|^packed|^micro/.test(variant);
  if (!isVector || target === "js") {
    return [
      `tile ${mr} x ${nr}: ${mr * nr} sums${isVector ? "" : " in local variables"}, ${mr + nr} loads a step of k`,
    ];
  }
  const core = coreOf(machine.isa);
  const { registersNeeded, spilled, loadsPerMultiplyAdd } = predictTile(tile, core, 0);
  const { lanes, registers } = core;
  const sums = (mr * nr) / lanes;
  const spills = spilled > 0 ? `, so that ${spilled} will live in memory` : "";
  return [
    `tile ${mr} x ${nr} in vectors of ${lanes}: ${sums} sums, ${nr / lanes} of B and 1 of A take ${registersNeeded} of ${registers} registers${spills};`,
    `  ${nr / lanes + mr} loads feed ${sums} multiply-adds a step of k (${loadsPerMultiplyAdd.toFixed(2)} each)`,
  ];
}

/** Block sizes with the reasons that the machine's row gives, where the plan packs. */
function blockLines(plan: GemmPlan, row: MachineRow): string[] {
  if (!plan.programs.macro || plan.variant !== "packed-blocked") return [];
  const { mc, nc, kc } = row.blocking;
  return [
    `blocks, for ${row.machine}:`,
    ...Object.entries({ mc, nc, kc }).flatMap(([name, size]) =>
      wrapped(`  ${name} ${size}: `, row.reasons[name as keyof Blocking]),
    ),
  ];
}
