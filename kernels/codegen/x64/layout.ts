/**
 * Gives each piece of code its offset. What instructions are made of is one stretch of bytes; labels, jumps, padding and
 * data stand between them as marks. A jump takes two bytes where its target is near and five or six elsewhere; as that
 * moves other targets, jumps start short and grow until nothing changes. Offsets count from a 64-byte boundary.
 */
import { ProgramError } from "../errors.ts";
import { pushSigned32, type Reference } from "./encode.ts";
import type { Form } from "./forms.ts";
import type { Instruction } from "./match.ts";
import { nops } from "./nops.ts";
import type { Label } from "./operands.ts";

/** What has no place of its own before the layout; `at` is the number of bytes of instructions before it. */
export type Mark =
  | {
      readonly kind: "jump";
      readonly at: number;
      readonly instruction: Instruction;
      readonly form: Form;
      readonly target: Label;
    }
  | { readonly kind: "label"; readonly at: number; readonly label: Label }
  | {
      readonly kind: "align";
      readonly at: number;
      readonly boundary: number;
      readonly fill: "nops" | "traps";
    }
  | { readonly kind: "data"; readonly at: number; readonly bytes: Uint8Array };

/** Where each mark lies and how much room it takes, in their order. */
export interface Layout {
  readonly bytes: Uint8Array;
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
}

/**
 * Puts the marks between the bytes of the instructions.
 *
 * @throws ProgramError where a label is used but not bound
 */
export function layout(
  instructions: readonly number[],
  marks: readonly Mark[],
  references: readonly Reference[],
): Layout {
  const far = new Set<Mark>();
  for (;;) {
    const sizes: number[] = [];
    const offsets = offsetsOf(marks, far, sizes);
    const labels = labelOffsets(marks, offsets);
    const before = far.size;
    marks.forEach((mark, i) => {
      if (mark.kind === "jump" && !far.has(mark) && !isNear(mark, offsets[i] as number, labels))
        far.add(mark);
    });
    if (far.size > before) continue;
    const places: Places = { offsets, sizes, labels, far };
    const bytes = written(instructions, marks, places);
    resolve(bytes, marks, references, places);
    return { bytes, offsets, sizes };
  }
}

type Jump = Extract<Mark, { kind: "jump" }>;
type LabelOffsets = ReadonlyMap<Label, number>;

interface Places {
  readonly offsets: readonly number[];
  readonly sizes: readonly number[];
  readonly labels: LabelOffsets;
  readonly far: ReadonlySet<Mark>;
}

/** A jump of two bytes reaches targets from 126 bytes before it to 129 behind it. */
const shortBytes = 2;
const isNear = (jump: Jump, offset: number, labels: LabelOffsets): boolean => {
  const distance = target(jump.target, labels) - (offset + shortBytes);
  return distance >= -128 && distance <= 127;
};

/** The opcodes of a jump stand in its row: one byte for the short one, then those of the near one. */
const nearOpcode = (jump: Jump): readonly number[] => jump.form.opcode.slice(1);
const farBytes = (jump: Jump): number => jump.form.opcode.length - 1 + 4;

/** The offsets of the marks; fills in what each takes. */
function offsetsOf(marks: readonly Mark[], far: ReadonlySet<Mark>, sizes: number[]): number[] {
  let inserted = 0;
  return marks.map((mark) => {
    const offset = mark.at + inserted;
    const size = sizeOf(mark, offset, far);
    sizes.push(size);
    inserted += size;
    return offset;
  });
}

function sizeOf(mark: Mark, offset: number, far: ReadonlySet<Mark>): number {
  if (mark.kind === "data") return mark.bytes.length;
  if (mark.kind === "jump") return far.has(mark) ? farBytes(mark) : shortBytes;
  if (mark.kind === "align") return (mark.boundary - (offset % mark.boundary)) % mark.boundary;
  return 0;
}

function labelOffsets(marks: readonly Mark[], offsets: readonly number[]): LabelOffsets {
  const labels = new Map<Label, number>();
  marks.forEach((mark, i) => {
    if (mark.kind === "label") labels.set(mark.label, offsets[i] as number);
  });
  return labels;
}

function target(label: Label, labels: LabelOffsets): number {
  const offset = labels.get(label);
  if (offset !== undefined) return offset;
  throw new ProgramError("x64 label", {
    expected: `${label.name} bound to a place in this code`,
    found: "a use without a place",
    remedy: "Call bind where it belongs, on the assembler that made it.",
  });
}

/** The stretches of instructions with the bytes of the marks between them. */
function written(instructions: readonly number[], marks: readonly Mark[], places: Places): Uint8Array {
  const { offsets, sizes, labels, far } = places;
  const inserted = sizes.reduce((sum, size) => sum + size, 0);
  const source = new Uint8Array(instructions);
  const bytes = new Uint8Array(source.length + inserted);
  let [from, to] = [0, 0];
  marks.forEach((mark, i) => {
    bytes.set(source.subarray(from, mark.at), to);
    const offset = offsets[i] as number;
    bytes.set(bytesOf(mark, offset, sizes[i] as number, labels, far), offset);
    from = mark.at;
    to = offset + (sizes[i] as number);
  });
  bytes.set(source.subarray(from), to);
  return bytes;
}

const nothing: readonly number[] = [];

function bytesOf(
  mark: Mark,
  offset: number,
  size: number,
  labels: LabelOffsets,
  far: ReadonlySet<Mark>,
): ArrayLike<number> {
  switch (mark.kind) {
    case "jump":
      return jumpBytes(mark, offset, labels, far.has(mark));
    case "align":
      return mark.fill === "nops" ? nops(size).flat() : new Uint8Array(size).fill(trap);
    case "data":
      return mark.bytes;
    case "label":
      return nothing;
  }
}

/** int3: what execution must never reach. */
const trap = 0xcc;

function jumpBytes(jump: Jump, offset: number, labels: LabelOffsets, isFar: boolean): readonly number[] {
  const destination = target(jump.target, labels);
  if (!isFar) return [jump.form.opcode[0] ?? 0, (destination - (offset + shortBytes)) & 0xff];
  const bytes = [...nearOpcode(jump)];
  pushSigned32(destination - (offset + farBytes(jump)), bytes);
  return bytes;
}

/** Fills in the distances of instructions to labels. References and marks both stand in the order of the code. */
function resolve(
  bytes: Uint8Array,
  marks: readonly Mark[],
  references: readonly Reference[],
  { sizes, labels }: Places,
): void {
  let [next, inserted] = [0, 0];
  const view = new DataView(bytes.buffer);
  for (const { at, end, label, addend } of references) {
    for (; next < marks.length && (marks[next] as Mark).at < at; next++) inserted += sizes[next] as number;
    view.setInt32(at + inserted, target(label, labels) + addend - (end + inserted), true);
  }
}
