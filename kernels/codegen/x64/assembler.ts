/**
 * Collects instructions, labels and literals, and turns them into bytes and a listing. Nothing here knows a single
 * instruction: instructions.ts does.
 */
import type { CpuFeature } from "../../native/cpu-features.ts";
import { ProgramError } from "../errors.ts";
import { encode } from "./encode.ts";
import type { InstructionName } from "./instructions.ts";
import { layout, type Piece, type Placed } from "./layout.ts";
import { type ListingLine, listingLines } from "./listing.ts";
import { type Instruction, matchForm } from "./match.ts";
import type { Label, Operand } from "./operands.ts";
import type { MaskRegister } from "./registers.ts";

export type { InstructionName } from "./instructions.ts";
export type { ListingLine } from "./listing.ts";

/** Finished code. */
export interface Assembled {
  /** Code, then literals. It must be placed at a 64-byte boundary, as a page is. */
  readonly bytes: Uint8Array;
  /** Bytes of code before the literals. */
  readonly codeBytes: number;
  /** Every CPU feature that some instruction needs. */
  readonly features: ReadonlySet<CpuFeature>;
  /** What was written, made when first asked for. */
  readonly listing: readonly ListingLine[];
}

/** The largest alignment: what the beginning of the code is aligned to, a cache line. */
const codeAlignment = 64;

interface Literal {
  readonly label: Label;
  readonly bytes: Uint8Array;
  alignment: number;
}

/**
 * An assembler for one piece of code.
 *
 * @example
 * const assembler = new Assembler();
 * assembler.emit("vaddps", vector(0, 256), vector(1, 256), memory(rdi));
 * assembler.emit("ret");
 * const { bytes } = assembler.finish();
 */
export class Assembler {
  readonly #allowed: ReadonlySet<CpuFeature> | undefined;
  readonly #pieces: Piece[] = [];
  readonly #literals = new Map<string, Literal>();
  readonly #bound = new Set<Label>();
  readonly #features = new Set<CpuFeature>();

  /** With `features`, instructions take only forms that these allow; without, all. */
  constructor({ features }: { readonly features?: Iterable<CpuFeature> } = {}) {
    this.#allowed = features && new Set(features);
  }

  /** A new label, not bound yet. */
  label(name: string): Label {
    return { kind: "label", name };
  }

  /** Puts a label here. @throws ProgramError for one that has a place */
  bind(label: Label): void {
    if (this.#bound.has(label))
      fail("x64 label", `${label.name} to have one place`, "a second bind", "Make a label for each place.");
    this.#bound.add(label);
    this.#pieces.push({ kind: "label", label });
  }

  /** A remark for the listing. */
  comment(text: string): void {
    this.#pieces.push({ kind: "comment", text });
  }

  /** Pads with instructions that do nothing. @throws ProgramError for what is no power of two up to 64 */
  align(bytes: number): void {
    checkAlignment(bytes);
    this.#pieces.push({ kind: "align", boundary: bytes, fill: "nops" });
  }

  /** Appends an instruction in the first form that takes its operands. @throws ProgramError where none does */
  emit(name: InstructionName, ...operands: Operand[]): void {
    this.#append({ name, operands });
  }

  /** The same for the lanes that the mask selects; the others become 0 (`zeroing`) or stay as they are. */
  emitMasked(name: InstructionName, mask: MaskRegister, zeroing: boolean, ...operands: Operand[]): void {
    this.#append({ name, operands, mask, zeroing });
  }

  #append(instruction: Instruction): void {
    const form = matchForm(instruction, this.#allowed);
    for (const feature of form.features) this.#features.add(feature);
    const [first] = instruction.operands;
    if (typeof first === "object" && first.kind === "label") {
      this.#pieces.push({ kind: "jump", instruction, form, target: first });
    } else this.#pieces.push({ kind: "instruction", instruction, form, ...encode(form, instruction) });
  }

  /**
   * A label at these bytes, which will lie behind the code. Equal bytes share a place.
   *
   * @throws ProgramError for an alignment that is no power of two up to 64
   */
  literal(bytes: Uint8Array, alignment: number): Label {
    checkAlignment(alignment);
    const key = bytes.join();
    const known = this.#literals.get(key);
    if (known) {
      known.alignment = Math.max(known.alignment, alignment);
      return known.label;
    }
    const label = this.label(`literal${this.#literals.size}`);
    this.#literals.set(key, { label, bytes: bytes.slice(), alignment });
    return label;
  }

  /** The bytes and the listing of all that was emitted. @throws ProgramError for a label without a place */
  finish(): Assembled {
    const placed = layout([...this.#pieces, ...this.#literalPieces()]);
    const bytes = new Uint8Array(placed.flatMap((each) => each.bytes));
    const codeBytes = placed[this.#pieces.length]?.offset ?? bytes.length;
    let listing: readonly ListingLine[] | undefined;
    return {
      bytes,
      codeBytes,
      features: new Set(this.#features),
      get listing() {
        listing ??= listingLines(placed);
        return listing;
      },
    };
  }

  /** The widest alignment first, so that the fewest bytes are lost between. */
  #literalPieces(): Piece[] {
    const literals = [...this.#literals.values()].sort((a, b) => b.alignment - a.alignment);
    return literals.flatMap(({ label, bytes, alignment }): Piece[] => [
      { kind: "align", boundary: alignment, fill: "traps" },
      { kind: "label", label },
      { kind: "data", bytes },
    ]);
  }
}

export type { Placed };

/** The CPU features that an instruction with these operands needs. @throws ProgramError where no form takes them */
export function featuresOf(name: InstructionName, ...operands: Operand[]): readonly CpuFeature[] {
  return matchForm({ name, operands }).features;
}

function checkAlignment(bytes: number): void {
  if ([1, 2, 4, 8, 16, 32, 64].includes(bytes)) return;
  fail(
    "x64 alignment",
    `a power of two up to ${codeAlignment}`,
    `${bytes}`,
    "The code itself is aligned to no more.",
  );
}

function fail(where: string, expected: string, found: string, remedy: string): never {
  throw new ProgramError(where, { expected, found, remedy });
}
