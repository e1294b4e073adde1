/**
 * From machine code to a function of JavaScript: arguments are written into the block that the code reads, then the code
 * is called with the block's address. Pointers are byte addresses in a Memory to the caller and real ones to the code.
 */
import { loadCode } from "../../native/executable.ts";
import { addressOf } from "../../native/foreign.ts";
import type { Arithmetic } from "../arithmetic.ts";
import type { Memory } from "../memory.ts";
import type { Program } from "../statements.ts";
import { argumentBytes } from "./homes.ts";
import type { Isa } from "./isa.ts";
import { lowerToX64 } from "./lower.ts";

/** Generates, loads and binds a program; takes a few milliseconds. The code lives as long as the function. */
export function bindNative(
  program: Program,
  memory: Memory,
  arithmetic: Arithmetic,
  { isa, vnni }: { readonly isa: Isa; readonly vnni: boolean },
): (...args: number[]) => void {
  const code = lowerToX64(program, { isa, arithmetic, vnni, convention: hostConvention });
  const run = loadCode(code.bytes).entry();
  const { block, write } = argumentWriter(program, memory, code.argumentBytes);
  const address = addressOf(block);
  return (...args) => {
    write(args);
    run(address);
  };
}

const hostConvention = process.platform === "win32" ? "windows" : "system-v";

/** 2^32, which splits an address into the halves of its slot. */
const high = 2 ** 32;

/** The argument block and what fills it. The memory's buffer is kept reachable, because the code has its address. */
export function argumentWriter(
  program: Program,
  memory: Memory,
  bytes: number,
): { block: ArrayBuffer; write: (args: readonly number[]) => void } {
  const kinds = program.parameters.map((parameter) =>
    parameter.kind === "pointer" ? "pointer" : parameter.element,
  );
  const block = new ArrayBuffer(Math.max(bytes, argumentBytes));
  const integers = new Int32Array(block);
  const singles = new Float32Array(block);
  const doubles = new Float64Array(block);
  const { buffer } = memory;
  const base = addressOf(buffer);
  const write = (args: readonly number[]): void => {
    for (let slot = 0; slot < kinds.length; slot++) {
      const value = args[slot] as number;
      switch (kinds[slot]) {
        case "pointer": {
          const place = base + value;
          integers[2 * slot] = place;
          integers[2 * slot + 1] = place / high;
          break;
        }
        case "i32":
          integers[2 * slot] = value;
          integers[2 * slot + 1] = value < 0 ? -1 : 0;
          break;
        case "f32":
          singles[2 * slot] = value;
          break;
        default:
          doubles[slot] = value;
      }
    }
  };
  return { block, write };
}
