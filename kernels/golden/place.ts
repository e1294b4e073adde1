/** The tensors of a case in the memory that kernels work on; apart, so that every evaluator places them alike. */
import type { Element } from "../codegen/expressions.ts";
import type { Execution, Inputs } from "./evaluator.ts";

interface Room {
  readonly address: number;
  readonly length: number;
  readonly element: Element;
}

/** Inputs copied in, and room for what a kernel writes; everything by name and byte address. */
export class Placement {
  readonly #execution: Execution;
  readonly #inputs: Inputs;
  readonly #placed = new Map<string, number>();
  readonly #rooms = new Map<string, Room>();
  readonly #gradients = new Map<string, Room>();

  constructor({ inputs, execution }: { readonly inputs: Inputs; readonly execution: Execution }) {
    this.#execution = execution;
    this.#inputs = inputs;
  }

  /** An input, rounded to the element of the run. @throws RangeError where the case has no such input */
  input(name: string): number {
    const known = this.#placed.get(name);
    if (known !== undefined) return known;
    const { values } = this.#inputs.get(name);
    const { memory, element } = this.#execution;
    const { view, address } = memory.allocate(element, values.length);
    view.set(values);
    this.#placed.set(name, address);
    return address;
  }

  /** An input that may be left out. */
  optional(name: string): number | undefined {
    return this.#inputs.find(name) && this.input(name);
  }

  /** An input that a kernel changes: what it then is, is the output `<name>_after`. */
  changing(name: string): number | undefined {
    const input = this.#inputs.find(name);
    if (!input) return undefined;
    const address = this.input(name);
    const { element } = this.#execution;
    this.#rooms.set(`${name}_after`, { address, length: input.values.length, element });
    return address;
  }

  /** Room for a result. */
  room(name: string, length: number, element: Element = this.#execution.element): number {
    const room = this.#make(length, element);
    this.#rooms.set(name, room);
    return room.address;
  }

  /** Room for the gradient of an input, as long as it; none for an input that was left out. */
  gradient(name: string): number | undefined {
    const input = this.#inputs.find(name);
    if (!input) return undefined;
    const room = this.#make(input.values.length, this.#execution.element);
    this.#gradients.set(name, room);
    return room.address;
  }

  /** What lies in a room now. */
  read(name: string): Float64Array {
    const room = this.#rooms.get(name);
    if (!room) throw new Error(`no room was made for ${name}`);
    return this.#read(room);
  }

  /** Every gradient by the name of its input. */
  gradients(): Readonly<Record<string, Float64Array>> {
    return Object.fromEntries([...this.#gradients].map(([name, room]) => [name, this.#read(room)]));
  }

  /** Filled with NaN (integers: with the least), so that what a kernel forgets to write shows. */
  #make(length: number, element: Element): Room {
    const { view, address } = this.#execution.memory.allocate(element, length);
    view.fill(element === "i32" ? -(2 ** 31) : Number.NaN);
    return { address, length, element };
  }

  #read({ address, length, element }: Room): Float64Array {
    return Float64Array.from(this.#execution.memory.view(element, address, length));
  }
}
