/** A dense row-major array of numbers in an engine's memory, with the operation that made it. */
import type { Engine } from "./engine.ts";
import { type Shape, sizeOf } from "./shapes.ts";

/** The operation behind a tensor, as far as gradients need it. */
export interface Origin {
  readonly inputs: readonly Tensor[];
  /**
   * The gradients of the inputs, given that of the tensor: one for each, undefined where it is not wanted
   * (`wantsGradient`). Made in the scope of the pass; a fresh tensor each, or the given one itself.
   */
  gradients(gradient: Tensor): readonly (Tensor | undefined)[];
}

let made = 0;

export class Tensor {
  readonly engine: Engine;
  /** Larger than those of all tensors that were made before. */
  readonly number: number = made++;
  readonly shape: Shape;
  readonly size: number;
  readonly address: number;
  /** Set on parameters, and on everything that is computed from one while recording. */
  wantsGradient = false;
  /** Of the last `backward`, on parameters; added to by further ones until it is cleared. */
  gradient: Tensor | undefined;
  origin: Origin | undefined;
  /** The tensor whose block this one looks at, for views. */
  readonly #base: Tensor | undefined;
  #freed = false;

  /** For the engine and for views; others ask `engine.tensor`. */
  constructor(engine: Engine, shape: Shape, address: number, base?: Tensor) {
    this.engine = engine;
    this.shape = shape;
    this.size = sizeOf(shape);
    this.address = address;
    this.#base = base;
  }

  /** The numbers themselves: a view of the memory. */
  get values(): Float32Array | Float64Array {
    return this.engine.memory.view(this.engine.element, this.address, this.size);
  }

  /** The only number of a tensor of one element. @throws RangeError */
  item(): number {
    if (this.size !== 1) throw new RangeError(`expected one element; found ${this.size}`);
    return this.values[0] as number;
  }

  /** The same numbers under another shape of the same size; they are shared, not copied, and so is their end. */
  view(shape: Shape): Tensor {
    return new Tensor(this.engine, shape, this.address, this.#base ?? this);
  }

  /** The tensor that the block belongs to: this one, or the one that it is a view of. */
  get owner(): Tensor {
    return this.#base ?? this;
  }

  get isFreed(): boolean {
    return this.owner.#freed;
  }

  /** Gives the block back; a view has none of its own. */
  free(): void {
    if (this.#freed || this.#base) return;
    this.#freed = true;
    this.engine.heap.give(this.address);
  }
}
