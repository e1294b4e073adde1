/**
 * Gives each piece of code its offset. A jump takes two bytes where its target is near and five or six elsewhere; as
 * that moves other targets, jumps start short and grow until nothing changes. Offsets count from a 64-byte boundary.
 */
import { ProgramError } from "../errors.ts";
import { type Reference, signed32 } from "./encode.ts";
import type { Form } from "./forms.ts";
import type { Instruction } from "./match.ts";
import { nops } from "./nops.ts";
import type { Label } from "./operands.ts";

/** A piece of code in the order of emission. */
export type Piece =
  | {
      readonly kind: "instruction";
      readonly instruction: Instruction;
      readonly form: Form;
      readonly bytes: readonly number[];
      readonly reference?: Reference;
    }
  | { readonly kind: "jump"; readonly instruction: Instruction; readonly form: Form; readonly target: Label }
  | { readonly kind: "label"; readonly label: Label }
  | { readonly kind: "comment"; readonly text: string }
  | { readonly kind: "align"; readonly boundary: number; readonly fill: "nops" | "traps" }
  | { readonly kind: "data"; readonly bytes: Uint8Array };

/** A piece with its offset and its final bytes; pieces that take no room have none. */
export interface Placed {
  readonly piece: Piece;
  readonly offset: number;
  readonly bytes: readonly number[];
}

/** Places the pieces one behind the other. @throws ProgramError where a label is used but not bound */
export function layout(pieces: readonly Piece[]): Placed[] {
  const far = new Set<Piece>();
  for (;;) {
    const offsets = offsetsOf(pieces, far);
    const labels = labelOffsets(pieces, offsets);
    const grown = pieces.filter(
      (piece, at) => piece.kind === "jump" && !far.has(piece) && !isNear(piece, offsets[at] ?? 0, labels),
    );
    if (grown.length === 0) return pieces.map((piece, at) => place(piece, offsets[at] ?? 0, labels, far));
    for (const piece of grown) far.add(piece);
  }
}

type Jump = Extract<Piece, { kind: "jump" }>;
type LabelOffsets = ReadonlyMap<Label, number>;

/** A jump of two bytes reaches targets from 126 bytes before it to 129 behind it. */
const shortBytes = 2;
const isNear = (jump: Jump, offset: number, labels: LabelOffsets): boolean => {
  const distance = target(jump.target, labels) - (offset + shortBytes);
  return distance >= -128 && distance <= 127;
};

/** The opcodes of a jump stand in its row: one byte for the short one, then those of the near one. */
const nearOpcode = (jump: Jump): readonly number[] => jump.form.opcode.slice(1);
const farBytes = (jump: Jump): number => nearOpcode(jump).length + 4;

function offsetsOf(pieces: readonly Piece[], far: ReadonlySet<Piece>): number[] {
  let offset = 0;
  return pieces.map((piece) => {
    const at = offset;
    offset += sizeOf(piece, at, far);
    return at;
  });
}

function sizeOf(piece: Piece, offset: number, far: ReadonlySet<Piece>): number {
  if (piece.kind === "instruction" || piece.kind === "data") return piece.bytes.length;
  if (piece.kind === "jump") return far.has(piece) ? farBytes(piece) : shortBytes;
  if (piece.kind === "align") return (piece.boundary - (offset % piece.boundary)) % piece.boundary;
  return 0;
}

function labelOffsets(pieces: readonly Piece[], offsets: readonly number[]): LabelOffsets {
  const labels = new Map<Label, number>();
  pieces.forEach((piece, at) => {
    if (piece.kind === "label") labels.set(piece.label, offsets[at] ?? 0);
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

function place(piece: Piece, offset: number, labels: LabelOffsets, far: ReadonlySet<Piece>): Placed {
  return { piece, offset, bytes: bytesOf(piece, offset, labels, far) };
}

function bytesOf(
  piece: Piece,
  offset: number,
  labels: LabelOffsets,
  far: ReadonlySet<Piece>,
): readonly number[] {
  switch (piece.kind) {
    case "instruction":
      return piece.reference ? resolved(piece.bytes, piece.reference, offset, labels) : piece.bytes;
    case "jump":
      return jumpBytes(piece, offset, labels, far.has(piece));
    case "align": {
      const size = sizeOf(piece, offset, far);
      return piece.fill === "nops" ? nops(size).flat() : Array.from({ length: size }, () => trap);
    }
    case "data":
      return [...piece.bytes];
    default:
      return [];
  }
}

/** int3: what execution must never reach. */
const trap = 0xcc;

function jumpBytes(jump: Jump, offset: number, labels: LabelOffsets, isFar: boolean): number[] {
  const destination = target(jump.target, labels);
  if (isFar) return [...nearOpcode(jump), ...signed32(destination - (offset + farBytes(jump)))];
  return [jump.form.opcode[0] ?? 0, (destination - (offset + shortBytes)) & 0xff];
}

function resolved(
  bytes: readonly number[],
  { at, label, addend }: Reference,
  offset: number,
  labels: LabelOffsets,
): number[] {
  const distance = target(label, labels) + addend - (offset + bytes.length);
  return [...bytes.slice(0, at), ...signed32(distance), ...bytes.slice(at + 4)];
}
