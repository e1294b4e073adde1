/**
 * The listing of assembled code: offsets, bytes and text of each instruction with labels and comments, as
 * `objdump -M intel` writes it.
 */
import type { Placed } from "./layout.ts";
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

/** The lines of code that has its place. */
export function listingLines(placed: readonly Placed[]): ListingLine[] {
  return placed.flatMap(({ piece, offset, bytes }): ListingLine[] => {
    switch (piece.kind) {
      case "label":
        return [{ offset, label: piece.label.name }];
      case "comment":
        return [{ comment: piece.text }];
      case "align":
        return piece.fill === "nops" ? paddingLines(offset, bytes.length) : [];
      case "data":
        return [{ offset, bytes: piece.bytes, text: dataText(piece.bytes) }];
      default:
        return [
          { offset, bytes: Uint8Array.from(bytes), text: instructionText(piece.form, piece.instruction) },
        ];
    }
  });
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
