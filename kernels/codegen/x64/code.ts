/**
 * Instructions in the order in which they will run, before they have bytes. Recorded apart from the assembler, because
 * which registers a function must save is known only when its body is complete, and saving comes first.
 */
import type { Assembler } from "./assembler.ts";
import type { InstructionName } from "./instructions.ts";
import type { Label, Operand } from "./operands.ts";
import type { MaskRegister } from "./registers.ts";

type Item = (assembler: Assembler) => void;

/** A stretch of code that can be placed into an assembler. */
export class Code {
  readonly #items: Item[] = [];

  emit(name: InstructionName, ...operands: readonly Operand[]): void {
    this.#items.push((assembler) => assembler.emit(name, ...operands));
  }

  /** The instruction with a mask: lanes that it leaves out keep their value, or become 0 where `zeroing`. */
  emitMasked(
    name: InstructionName,
    mask: MaskRegister,
    zeroing: boolean,
    ...operands: readonly Operand[]
  ): void {
    this.#items.push((assembler) => assembler.emitMasked(name, mask, zeroing, ...operands));
  }

  bind(label: Label): void {
    this.#items.push((assembler) => assembler.bind(label));
  }

  align(bytes: number): void {
    this.#items.push((assembler) => assembler.align(bytes));
  }

  comment(text: string): void {
    this.#items.push((assembler) => assembler.comment(text));
  }

  /** Writes everything to the assembler. */
  placeInto(assembler: Assembler): void {
    for (const item of this.#items) item(assembler);
  }
}
