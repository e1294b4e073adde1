/** Operands in memory with guard zones around each: what a kernel writes outside of its results is found. */
import { expect } from "vitest";
import type { Element } from "../codegen/expressions.ts";
import type { Memory } from "../codegen/memory.ts";

/** Elements before and behind each operand; the first is 64-byte aligned, so the operand itself need not be. */
const guard = 19;
const sentinel = 12345;

interface Zone {
  readonly name: string;
  readonly address: number;
  readonly length: number;
  readonly element: Element;
}

export class Guarded {
  readonly #memory: Memory;
  readonly #element: Element;
  readonly #zones: Zone[] = [];

  constructor(element: Element, memory: Memory) {
    this.#memory = memory;
    this.#element = element;
  }

  /** An operand that holds these values. */
  put(name: string, values: ArrayLike<number>, element = this.#element): number {
    const { view, address } = this.#memory.allocate(element, values.length + 2 * guard);
    view.fill(sentinel);
    view.set(values, guard);
    const start = address + guard * view.BYTES_PER_ELEMENT;
    this.#zones.push({ name, address: start, length: values.length, element });
    return start;
  }

  /** Room for a result, filled with NaN (integers: with the sentinel). */
  room(name: string, length: number, element = this.#element): number {
    return this.put(name, new Float64Array(length).fill(element === "i32" ? sentinel : Number.NaN), element);
  }

  /** What lies there now. @throws where nothing of this name was placed */
  read(name: string): Float64Array {
    const zone = this.#zones.find((each) => each.name === name);
    if (!zone) throw new Error(`nothing was placed as ${name}`);
    return Float64Array.from(this.#memory.view(zone.element, zone.address, zone.length));
  }

  /** Fails where an element beside an operand has changed. */
  expectUntouched(): void {
    for (const { name, address, length, element } of this.#zones) {
      const bytes = element === "f64" ? 8 : 4;
      const before = this.#memory.view(element, address - guard * bytes, guard);
      const behind = this.#memory.view(element, address + length * bytes, guard);
      for (const zone of [before, behind])
        expect([...zone], `guard zone of ${name}`).toEqual(new Array(guard).fill(sentinel));
    }
  }
}
