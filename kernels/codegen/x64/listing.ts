/**
 * The listing of assembled code: offsets, bytes and text of each instruction with labels and comments, as
 * `objdump -M intel` writes it.
 */
import type { Form } from "./forms.ts";
import type { Layout, Mark } from "./layout.ts";
import type { Instruction } from "./match.ts";
import { nops, nopText } from "./nops.ts";
import { instructionText } from "./text.ts";

/** A label, a comment, or something that takes bytes; offset in bytes from the beginning of the code. */
export interface ListingLine {
  readonly offset?: number;
  readonly bytes?: Uint8Array;
  readonly label?: string;
  readonly text?: string;
  readonly comment?: string;
}

/** A line of code in the order of emission: a mark, a remark, or an instruction of so many bytes. */
export type Piece =
  | Mark
  | { readonly kind: "comment"; readonly text: string }
  | {
      readonly kind: "instruction";
      readonly size: number;
      readonly instruction: Instruction;
      readonly form: Form;
    };

/** The lines of code that has its place; `pieces` has the marks of the layout in the same order. */
export function listingLines(pieces: readonly Piece[], { bytes, sizes }: Layout): readonly ListingLine[] {
  let [mark, offset] = [0, 0];
  const next = (size: number): { offset: number; bytes: Uint8Array } => {
    const line = { offset, bytes: bytes.slice(offset, offset + size) };
    offset += size;
    return line;
  };
  return pieces.flatMap((piece): ListingLine[] => {
    if (piece.kind === "comment") return [{ comment: piece.text }];
    if (piece.kind === "instruction")
      return [{ ...next(piece.size), text: instructionText(piece.form, piece.instruction) }];
    return markLines(piece, next(sizes[mark++] as number));
  });
}

function markLines(mark: Mark, place: { offset: number; bytes: Uint8Array }): ListingLine[] {
  const { offset, bytes } = place;
  switch (mark.kind) {
    case "label":
      return [{ offset, label: mark.label.name }];
    case "align":
      return mark.fill === "nops" ? paddingLines(offset, bytes.length) : [];
    case "data":
      return [{ ...place, text: dataText(bytes) }];
    case "jump":
      return [{ ...place, text: instructionText(mark.form, mark.instruction) }];
  }
}

function paddingLines(offset: number, size: number): ListingLine[] {
  let at = offset;
  return nops(size).map((bytes) => {
    const line = { offset: at, bytes: Uint8Array.from(bytes), text: nopText(bytes.length) };
    at += bytes.length;
    return line;
  });
}

/** A directive of the GNU assembler that makes these bytes. */
function dataText(bytes: Uint8Array): string {
  const hex = (from: Iterable<number>) =>
    `0x${[...from].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  if (bytes.length % 4 !== 0) return `.byte ${[...bytes].map((byte) => hex([byte])).join(",")}`;
  const words = Array.from({ length: bytes.length / 4 }, (_, at) =>
    hex(bytes.slice(4 * at, 4 * at + 4).reverse()),
  );
  const [first] = words;
  return words.length > 1 && words.every((word) => word === first)
    ? `.fill ${words.length},4,${first}`
    : `.long ${words.join(",")}`;
}

/** Bytes in a line; the longest instruction has 15, hardly one more than 11. */
const shownBytes = 11;

/** The lines as text: offset, bytes, instruction; labels at the margin, comments behind a semicolon. */
export function printListing(lines: readonly ListingLine[]): string {
  return lines.map(printLine).join("\n");
}

function printLine({ offset, bytes, label, text, comment }: ListingLine): string {
  const remark = comment ? `; ${comment}` : "";
  if (label !== undefined) return [`${label}:`, remark].filter(Boolean).join(" ");
  if (bytes === undefined) return `      ${remark}`;
  const all = [...bytes].map((byte) => byte.toString(16).padStart(2, "0"));
  const shown = all.length > shownBytes ? [...all.slice(0, shownBytes - 1), "…"] : all;
  const code = `${(offset ?? 0).toString(16).padStart(4)}: ${shown.join(" ").padEnd(3 * shownBytes)} ${text ?? ""}`;
  return remark ? `${code}  ${remark}` : code;
}
