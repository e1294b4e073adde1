/**
 * WebAssembly text of a generated function, folded as a person writes it: operands inside the instruction that uses
 * them. Driven by the same instruction table as the encoder, so what is read is what runs.
 */
import { mostPages, type WasmFunction } from "./encode.ts";
import { type Instruction, type InstructionRow, instructionRow } from "./instructions.ts";

/** Wider expressions than this are broken over several lines. */
const lineWidth = 100;

/** The module as text that an assembler accepts; `shared` as for `encodeModule`. */
export function printWasm(fn: WasmFunction, shared = false): string {
  return new WasmPrinter(fn).print(shared ? `0 ${mostPages} shared` : "0");
}

/** A folded expression: head and operands. */
interface Folded {
  readonly head: string;
  readonly operands: readonly Folded[];
}

class WasmPrinter {
  readonly #fn: WasmFunction;
  readonly #names: readonly string[];
  readonly #lines: string[] = [];
  #stack: Folded[] = [];
  #depth = 0;

  constructor(fn: WasmFunction) {
    this.#fn = fn;
    this.#names = [...fn.parameters, ...fn.locals].map((local) => `$${local.name}`);
  }

  print(limits: string): string {
    const { name, parameters, locals } = this.#fn;
    this.#line("(module");
    this.#depth = 1;
    this.#line(`(import "kdaccel" "memory" (memory ${limits}))`);
    this.#line(`(func $${name.replace(/[^A-Za-z0-9-]/g, "-")} (export "run")`);
    this.#depth = 2;
    for (const parameter of parameters) this.#line(`(param $${parameter.name} ${parameter.type})`);
    for (const local of locals) this.#line(`(local $${local.name} ${local.type})`);
    for (const item of this.#fn.code) {
      if ("comment" in item) this.#line(`;; ${item.comment}`);
      else this.#instruction(item);
    }
    this.#depth = 1;
    this.#line(")");
    this.#depth = 0;
    this.#line(")");
    return `${this.#lines.join("\n")}\n`;
  }

  #line(text: string): void {
    this.#lines.push("  ".repeat(this.#depth) + text);
  }

  #instruction(instruction: Instruction): void {
    const row = instructionRow(instruction.name);
    if (["if", "else", "loop", "block", "end"].includes(row.name)) {
      this.#structure(row);
      return;
    }
    const count = row.operands.length;
    const operands = count > 0 ? this.#stack.splice(-count) : [];
    const folded = { head: this.#head(instruction, row), operands };
    if (row.results.length > 0) this.#stack.push(folded);
    else this.#write(folded);
  }

  /** Blocks are printed unfolded: their instructions are statements, one below the other. */
  #structure(row: InstructionRow): void {
    for (const pending of this.#stack.splice(0)) this.#write(pending);
    if (row.name === "end" || row.name === "else") this.#depth--;
    this.#line(row.name);
    if (row.name !== "end") this.#depth++;
  }

  #write(folded: Folded): void {
    const flat = flatText(folded);
    if (folded.operands.length === 0 || flat.length + 2 * this.#depth <= lineWidth) {
      this.#line(flat);
      return;
    }
    this.#line(`(${folded.head}`);
    this.#depth++;
    for (const operand of folded.operands) this.#write(operand);
    this.#depth--;
    this.#lines[this.#lines.length - 1] += ")";
  }

  #head(instruction: Instruction, row: InstructionRow): string {
    const { immediate = 0, lanes = [], shape = "f32x4" } = instruction;
    switch (row.immediate) {
      case "none":
        return row.name;
      case "local":
        return `${row.name} ${this.#names[immediate]}`;
      case "i64":
        // A number in decimals stops being exact above 2^53.
        return `${row.name} ${BigInt(immediate)}`;
      case "f32":
      case "f64":
        return `${row.name} ${numberText(immediate)}`;
      case "v128":
        return `${row.name} ${shape} ${lanes.map(numberText).join(" ")}`;
      case "shuffle":
        return `${row.name} ${lanes.join(" ")}`;
      case "memory1lane":
      case "memory4lane":
        return `${row.name}${immediate > 0 ? ` offset=${immediate}` : ""} ${lanes.join()}`;
      case "memory1":
      case "memory4":
      case "memory8":
        return immediate > 0 ? `${row.name} offset=${immediate}` : row.name;
      case "memory16":
        // Only the element's alignment is promised, not that of the whole vector.
        return `${row.name}${immediate > 0 ? ` offset=${immediate}` : ""} align=4`;
      default:
        return `${row.name} ${immediate}`;
    }
  }
}

function flatText(folded: Folded): string {
  return `(${[folded.head, ...folded.operands.map(flatText)].join(" ")})`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return Object.is(value, -0) ? "-0" : String(value);
}
