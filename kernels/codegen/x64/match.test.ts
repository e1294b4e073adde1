/**
 * Forms are remembered by the kinds of operands: what is remembered must be what a search would find, whichever
 * instruction of a kind came first.
 */
import { expect, it } from "vitest";
import { type CpuFeature, cpuFeatureNames } from "../../native/cpu-features.ts";
import type { Form } from "./forms.ts";
import { formsOf, instructionNames } from "./instructions.ts";
import { type Instruction, matchForm, searchForm } from "./match.ts";
import { instructionOf } from "./operands.fixture.ts";
import { isImmediate, type MemoryOperand, memory, type Operand } from "./operands.ts";
import { mask, r9, rsi, vector } from "./registers.ts";

/** What code for AVX2 may consist of. */
const withoutAvx512 = new Set(cpuFeatureNames.filter((name) => !name.startsWith("avx512")));

/** The form that `find` finds, or in which words the instruction is refused. */
function outcome(
  find: typeof matchForm,
  instruction: Instruction,
  allowed: ReadonlySet<CpuFeature> | undefined,
): Form | string {
  try {
    return find(instruction, allowed);
  } catch (error) {
    return (error as Error).message;
  }
}

const addresses: readonly MemoryOperand[] = [
  memory(rsi),
  memory(rsi, { index: r9, scale: 4 }),
  memory(rsi, { broadcast: true }),
  ...[4, 8, 16, 32, 64].map((bytes) => memory(rsi, { bytes })),
  ...([128, 256, 512] as const).map((bits) => memory(rsi, { index: vector(3, bits) })),
  memory(rsi, { index: vector(19, 256) }),
];

/** Both sides of every limit that some immediate has, and what is no immediate of any. */
const immediates: readonly (number | bigint)[] = [
  ...[0, 32, 64, 128, 256, 2 ** 31, 2 ** 32].flatMap((limit) => [limit - 1, limit]),
  ...[-128, -(2 ** 31)].flatMap((limit) => [limit, limit - 1]),
  ...[0.5, Number.NaN, 5n, 2n ** 40n],
];

/** Instructions near a form: registers from both halves, addresses and immediates of every kind, and masks. */
function* near(form: Form): Generator<Instruction> {
  for (const first of [0, 17])
    for (const address of [undefined, memory(rsi)]) {
      const made = instructionOf(form, { first, ...(address ? { address } : {}) });
      if (!made) continue;
      yield made;
      for (const [index, zeroing] of [0, 1, 5].flatMap((i) => [[i, false] as const, [i, true] as const]))
        yield { ...made, mask: mask(index), zeroing };
      for (const [at, operand] of made.operands.entries())
        for (const other of replacements(operand))
          yield { ...made, operands: made.operands.map((each, i) => (i === at ? other : each)) };
    }
}

function replacements(operand: Operand): readonly Operand[] {
  if (isImmediate(operand)) return immediates;
  return operand.kind === "memory" ? addresses : [];
}

it("a form that is remembered is the one that a search finds, and what is refused stays refused", () => {
  const differing: string[] = [];
  let matched = 0;
  for (const name of instructionNames) {
    const instructions = formsOf(name).flatMap((form) => [...near(form)]);
    for (const instruction of [...instructions, ...instructions.toReversed()])
      for (const allowed of [undefined, withoutAvx512]) {
        const remembered = outcome(matchForm, instruction, allowed);
        const searched = outcome(searchForm, instruction, allowed);
        if (typeof searched !== "string") matched++;
        if (remembered !== searched) differing.push(`${name} ${JSON.stringify(searched)}`);
      }
  }
  expect(differing).toEqual([]);
  expect(matched).toBeGreaterThan(10_000);
});
