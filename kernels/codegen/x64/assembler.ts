/**
 * Collects instructions, labels and literals, and turns them into bytes and a listing. Nothing here knows a single
 * instruction: instructions.ts does.
 */
import type { CpuFeature } from "../../native/cpu-features.ts";
import { ProgramError } from "../errors.ts";
import { encode, type Reference } from "./encode.ts";
import type { Form } from "./forms.ts";
import type { InstructionName } from "./instructions.ts";
import { layout, type Mark } from "./layout.ts";
import { type ListingLine, listingLines, type Piece } from "./listing.ts";
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
  /** The bytes of the instructions, jumps left out. */
  #bytes: number[] = [];
  /** All that was emitted, for the listing. */
  #pieces: Piece[] = [];
  /** Of these, what layout has to place. */
  #marks: Mark[] = [];
  #references: Reference[] = [];
  readonly #literals = new Map<string, Literal>();
  readonly #bound = new Set<Label>();
  readonly #forms = new Set<Form>();

  /** With `features`, instructions take only forms that these allow; without, all. */
  constructor({ features }: { readonly features?: Iterable<CpuFeature> } = {}) {
    this.#allowed = features instanceof Set ? features : features && new Set(features);
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
    this.#mark({ kind: "label", at: this.#bytes.length, label });
  }

  /** A remark for the listing. */
  comment(text: string): void {
    this.#pieces.push({ kind: "comment", text });
  }

  /** Pads with instructions that do nothing. @throws ProgramError for what is no power of two up to 64 */
  align(bytes: number): void {
    checkAlignment(bytes);
    this.#mark({ kind: "align", at: this.#bytes.length, boundary: bytes, fill: "nops" });
  }

  /** Appends an instruction in the first form that takes its operands. @throws ProgramError where none does */
  emit(name: InstructionName, ...operands: Operand[]): void {
    this.#append({ name, operands });
  }

  /** The same for the lanes that the mask selects; the others become 0 (`zeroing`) or stay as they are. */
  emitMasked(name: InstructionName, mask: MaskRegister, zeroing: boolean, ...operands: Operand[]): void {
    this.#append({ name, operands, mask, zeroing });
  }

  /** Puts what `write` emits before all that was emitted so far: which registers to save is known last. */
  prepend(write: (assembler: Assembler) => void): void {
    const behind = {
      bytes: this.#bytes,
      pieces: this.#pieces,
      marks: this.#marks,
      references: this.#references,
    };
    [this.#bytes, this.#pieces, this.#marks, this.#references] = [[], [], [], []];
    write(this);
    const moved = this.#bytes.length;
    for (const { at, end, label, addend } of behind.references)
      this.#references.push({ at: at + moved, end: end + moved, label, addend });
    for (const mark of behind.marks) this.#marks.push({ ...mark, at: mark.at + moved });
    this.#bytes = this.#bytes.concat(behind.bytes);
    this.#pieces = this.#pieces.concat(behind.pieces);
  }

  #append(instruction: Instruction): void {
    const form = matchForm(instruction, this.#allowed);
    this.#forms.add(form);
    const at = this.#bytes.length;
    const [first] = instruction.operands;
    if (typeof first === "object" && first.kind === "label") {
      this.#mark({ kind: "jump", at, instruction, form, target: first });
      return;
    }
    const reference = encode(form, instruction, this.#bytes);
    if (reference) this.#references.push(reference);
    this.#pieces.push({ kind: "instruction", size: this.#bytes.length - at, instruction, form });
  }

  #mark(mark: Mark): void {
    this.#marks.push(mark);
    this.#pieces.push(mark);
  }

  /**
   * A label at these bytes, which will lie behind the code. Equal bytes share a place.
   *
   * @throws ProgramError for an alignment that is no power of two up to 64
   */
  literal(bytes: Uint8Array, alignment: number): Label {
    checkAlignment(alignment);
    const key = String.fromCharCode(...bytes);
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
    const behind = this.#literalMarks();
    const place = layout(this.#bytes, [...this.#marks, ...behind], this.#references);
    const { bytes, offsets } = place;
    const pieces = [...this.#pieces, ...behind];
    let listing: readonly ListingLine[] | undefined;
    return {
      bytes,
      codeBytes: offsets[this.#marks.length] ?? bytes.length,
      features: new Set([...this.#forms].flatMap(({ features }) => features)),
      get listing() {
        listing ??= listingLines(pieces, place);
        return listing;
      },
    };
  }

  /** The widest alignment first, so that the fewest bytes are lost between. */
  #literalMarks(): Mark[] {
    const at = this.#bytes.length;
    const literals = [...this.#literals.values()].sort((a, b) => b.alignment - a.alignment);
    return literals.flatMap(({ label, bytes, alignment }): Mark[] => [
      { kind: "align", at, boundary: alignment, fill: "traps" },
      { kind: "label", at, label },
      { kind: "data", at, bytes },
    ]);
  }
}

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
