/**
 * Compares every row of the tables, in every form and width, with an independent disassembler: what we write about an
 * instruction must be what objdump reads from its bytes.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Assembler } from "./assembler.ts";
import type { Form } from "./forms.ts";
import { formsOf, type InstructionName, instructionNames } from "./instructions.ts";
import { disassemble, missingObjdump } from "./objdump.fixture.ts";
import { addresses, type Choice, instructionOf } from "./operands.fixture.ts";
import type { MemoryOperand } from "./operands.ts";

/** What a line of our listing says, against what objdump says of the same bytes. */
interface Compared {
  readonly offset: number;
  readonly text: string;
}

/** Code with what we say about it; literals lie behind each part, so labels are resolved here. */
class Corpus {
  readonly #bytes: number[] = [];
  readonly lines: Compared[] = [];

  add(assembler: Assembler): void {
    const { bytes, codeBytes, listing } = assembler.finish();
    const labels = new Map(listing.flatMap(({ label, offset = 0 }) => (label ? [[label, offset]] : [])));
    for (const { offset = 0, text, bytes: own } of listing) {
      if (text === undefined || offset >= codeBytes) continue;
      const end = offset + (own?.length ?? 0);
      this.lines.push({
        offset: this.#bytes.length + offset,
        text: resolved(text, labels, end, this.#bytes.length),
      });
    }
    this.#bytes.push(...bytes);
  }

  /** The lines in which objdump reads something else. */
  differences(): string[] {
    const theirs = new Map(disassemble(Uint8Array.from(this.#bytes)).map((line) => [line.offset, line]));
    return this.lines.flatMap(({ offset, text }) => {
      const line = theirs.get(offset);
      const read = (line?.text ?? "nothing").replace(/\s*# 0x[0-9a-f]+$/, "").replace(/^\{evex\} /, "");
      return read === text ? [] : [`${text}; objdump: ${read} (${line?.bytes})`];
    });
  }
}

/** Names of labels as the numbers that objdump sees: distances in addresses, places in jumps. */
function resolved(text: string, labels: ReadonlyMap<string, number>, end: number, base: number): string {
  return text
    .replace(/\[rip\+(\w+?)(\+0x[0-9a-f]+)?\]/, (_, name: string, addend = "+0") => {
      const distance = (labels.get(name) ?? Number.NaN) + Number(addend.slice(1)) - end;
      return `[rip${distance < 0 ? "-" : "+"}0x${Math.abs(distance).toString(16)}]`;
    })
    .replace(
      /^(j\w+) (\w+)$/,
      (_, name: string, label: string) =>
        `${name} 0x${((labels.get(label) ?? Number.NaN) + base).toString(16)}`,
    );
}

const forms = instructionNames
  .flatMap((name) => formsOf(name))
  .filter((form) => form.patterns.every(({ label }) => !label));
const registerNumbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 15, 16, 21, 27, 31];
const masks: readonly (readonly [mask: number | undefined, zeroing: boolean])[] = [
  ...([
    [undefined, false],
    [1, false],
    [5, false],
    [7, false],
    [2, true],
    [7, true],
  ] as const),
];

function unitOf(form: Form, broadcast: boolean): number {
  const pattern = form.patterns.find(({ memory }) => memory !== undefined);
  if (form.encoding !== "evex") return 8;
  return (broadcast ? pattern?.broadcast : (form.displacementUnit ?? pattern?.memory)) || 1;
}

/** An assembler that can only take this form, or one that is encoded alike. */
function emitAll(
  form: Form,
  choices: (label: ReturnType<Assembler["literal"]>) => readonly Choice[],
): [Assembler, number] {
  const assembler = new Assembler({ features: form.features });
  let count = 0;
  for (const choice of choices(assembler.literal(new Uint8Array(64), 64))) {
    const instruction = instructionOf(form, choice);
    if (!instruction) continue;
    const { name, operands, mask, zeroing = false } = instruction;
    if (mask) assembler.emitMasked(name, mask, zeroing, ...operands);
    else assembler.emit(name, ...operands);
    count++;
  }
  return [assembler, count];
}

function compareAll(
  choices: (form: Form, label: ReturnType<Assembler["literal"]>) => readonly Choice[],
): Form[] {
  const corpus = new Corpus();
  const untouched: Form[] = [];
  for (const form of forms) {
    const [assembler, count] = emitAll(form, (label) => choices(form, label));
    if (count === 0) untouched.push(form);
    corpus.add(assembler);
  }
  expect(corpus.differences()).toEqual([]);
  return untouched;
}

const everyMask = (choice: Choice): Choice[] =>
  masks.map(([mask, zeroing]) => (mask === undefined ? choice : { ...choice, mask, zeroing }));

it.runIf(process.env.CI)("objdump is here, as every continuous integration must have it", () => {
  expect(missingObjdump).toBeUndefined();
});

describe.skipIf(missingObjdump !== undefined)(
  `objdump reads what we write${missingObjdump ? `: skipped, ${missingObjdump}` : ""}`,
  () => {
    const addressesOf = (form: Form, label: ReturnType<Assembler["literal"]>): MemoryOperand[] => [
      ...addresses(unitOf(form, false), label),
      ...addresses(unitOf(form, true), label).map((address) => ({ ...address, broadcast: true })),
    ];

    it("with every register, mask and immediate", () => {
      const immediates = [0, 1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 31, -1, 127, -128];
      const untouched = compareAll((form) => [
        ...registerNumbers.flatMap((first) => everyMask({ first })),
        ...immediates
          .filter((immediate) => (immediate >= 0 && immediate < 32) || !hasCount(form))
          .map((immediate) => ({ first: 3, immediate })),
      ]);
      // Those that only know memory; the next test has them.
      expect(
        untouched.filter(({ patterns }) => patterns.every(({ memory }) => memory === undefined)),
      ).toEqual([]);
    });

    it("with every kind of address, and broadcasts", { timeout: 120_000 }, () => {
      const untouched = compareAll((form, label) => [
        ...addressesOf(form, label).map((address) => ({ first: 1, address })),
        ...addressesOf(form, label)
          .slice(12, 24)
          .flatMap((address) => everyMask({ first: 9, address })),
      ]);
      expect(untouched.filter(({ patterns }) => patterns.some(({ memory }) => memory !== undefined))).toEqual(
        [],
      );
    });

    it("with wide immediates", () => {
      const corpus = new Corpus();
      const values: Readonly<Record<string, readonly (number | bigint)[]>> = {
        i32: [128, -129, 0x7fffffff, -0x80000000],
        u32: [0xffffffff, -0x80000000],
        i64: [2 ** 53 - 1, -(2 ** 53 - 1), 0xfedcba9876543210n, -(2n ** 63n)],
      };
      for (const form of forms) {
        const kind = form.patterns.find(({ immediate }) => immediate)?.immediate ?? "";
        const assembler = new Assembler();
        for (const value of values[kind] ?? []) {
          const { name, operands } = instructionOf(form, { first: 10 }) ?? {};
          if (name) assembler.emit(name, ...(operands ?? []).slice(0, -1), value);
        }
        corpus.add(assembler);
      }
      expect(corpus.lines.length).toBeGreaterThan(50);
      expect(corpus.differences()).toEqual([]);
    });

    it("of jumps, short and near, forwards and backwards", () => {
      const corpus = new Corpus();
      for (const name of instructionNames.filter((each) =>
        formsOf(each).some(({ patterns }) => patterns[0]?.label),
      )) {
        for (const distance of [0, 1, 126, 127, 128, 129, 130, 500]) corpus.add(jumping(name, distance));
      }
      expect(corpus.differences()).toEqual([]);
    });

    it("of padding of every size", () => {
      const corpus = new Corpus();
      for (let before = 0; before < 64; before++) {
        const assembler = new Assembler();
        for (let at = 0; at < before; at++) assembler.emit("nop");
        assembler.align(64);
        assembler.emit("ret");
        corpus.add(assembler);
        expect(assembler.finish().codeBytes).toBe(before === 0 ? 1 : 65);
      }
      expect(corpus.differences()).toEqual([]);
    });

    it("with operands at random", () => {
      const choice = fc.record({
        form: fc.constantFrom(...forms),
        first: fc.nat(31),
        mask: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
        zeroing: fc.boolean(),
        immediate: fc.integer({ min: 0, max: 127 }),
        address: fc.option(fc.nat(10_000), { nil: undefined }),
        displacement: fc.oneof(
          fc.integer({ min: -0x80000000, max: 0x7fffffff }),
          fc.integer({ min: -10_000, max: 10_000 }),
        ),
        broadcast: fc.boolean(),
      });
      const property = fc.property(fc.array(choice, { minLength: 300, maxLength: 300 }), (choices) => {
        const corpus = new Corpus();
        for (const { form, displacement, address, mask, broadcast, ...rest } of choices) {
          corpus.add(
            emitAll(form, (label) => {
              const list = addresses(unitOf(form, broadcast), label);
              const chosen = address === undefined ? undefined : list[address % list.length];
              const immediate = hasCount(form) ? rest.immediate % 32 : rest.immediate;
              const moved = chosen && {
                ...chosen,
                ...(chosen.label ? {} : { displacement }),
                ...(broadcast ? { broadcast } : {}),
              };
              return [
                { ...rest, immediate, ...(moved ? { address: moved } : {}), ...(mask ? { mask } : {}) },
              ];
            })[0],
          );
        }
        expect(corpus.differences()).toEqual([]);
      });
      // The message names the instruction; shrinking would call objdump a thousand times.
      fc.assert(property, { numRuns: 15, endOnFailure: true });
    });
  },
);

const hasCount = (form: Form): boolean => form.patterns.some(({ immediate }) => immediate === "s8");

/** A jump over so many bytes, and one back. */
function jumping(name: InstructionName, distance: number): Assembler {
  const assembler = new Assembler();
  const back = assembler.label("back");
  const ahead = assembler.label("ahead");
  assembler.bind(back);
  assembler.emit(name, ahead);
  for (let at = 0; at < distance; at++) assembler.emit("nop");
  assembler.bind(ahead);
  assembler.emit(name, back);
  return assembler;
}
