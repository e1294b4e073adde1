/**
 * What tensors stand on: one memory with blocks that are used again, kernels that are made once for each shape, and the
 * record of operations that gradients are taken through.
 */
import type { Arithmetic } from "../../codegen/arithmetic.ts";
import { type KernelTarget, nativeIsa } from "../../codegen/compile.ts";
import { bytesOf } from "../../codegen/expressions.ts";
import { Memory } from "../../codegen/memory.ts";
import type { Program } from "../../codegen/statements.ts";
import { isaRows } from "../../codegen/x64/isa.ts";
import type { GemmArguments, GemmShape, Real } from "../../gemm/arguments.ts";
import { createGemm } from "../../gemm/gemm.ts";
import { type Kernels, kernelsOf } from "../compiled.ts";
import { Heap } from "./heap.ts";
import { Indices } from "./indices.ts";
import { createProduct, type ProductOperands } from "./product.ts";
import type { Profile } from "./profile.ts";
import { type Shape, shapeText, sizeOf } from "./shapes.ts";
import { Tensor } from "./tensor.ts";

export interface EngineOptions {
  readonly target: KernelTarget;
  /** Type of all tensors (default: f32). */
  readonly element?: Real;
  /** `strict` gives the same bits on every target and machine (default: fast). */
  readonly arithmetic?: Arithmetic;
  readonly threads?: number;
  /** Most memory that tensors may take together (default: 1 GiB); only what is used is backed by the machine. */
  readonly bytes?: number;
  /** Where tensors live, in place of a memory of their own. */
  readonly memory?: Memory;
}

type Call = (...args: number[]) => void;

/** Sizes, byte addresses, and which operands are stored transposed. */
export type ProductArguments = Pick<
  GemmArguments,
  "m" | "n" | "k" | "a" | "b" | "c" | "transposeA" | "transposeB"
>;

export class Engine {
  readonly target: KernelTarget;
  readonly element: Real;
  readonly arithmetic: Arithmetic;
  readonly threads: number;
  readonly heap: Heap;
  /** Lanes of the vectors that kernels are made with. */
  readonly lanes: number;
  readonly #kernels: Kernels;
  readonly #operations = new Map<string, unknown>();
  readonly #scopes: Set<Block>[] = [];
  readonly #estates: Set<Block>[] = [];
  #recording = true;
  /** Where its operations are timed, while one is set. */
  profile: Profile | undefined;

  constructor({
    target,
    element = "f32",
    arithmetic = "fast",
    threads = 1,
    bytes = 2 ** 30,
    memory,
  }: EngineOptions) {
    this.target = target;
    this.element = element;
    this.arithmetic = arithmetic;
    this.threads = threads;
    this.heap = new Heap(memory ?? new Memory(bytes, { shared: threads > 1 }));
    this.lanes = lanesOf(target, element, arithmetic);
    this.#kernels = kernelsOf(this.memory, this);
  }

  get memory(): Memory {
    return this.heap.memory;
  }

  /**
   * The kernel of this name, made by `write` when it is first asked for, which may compile it in its own way. The name
   * says all that decides its code.
   */
  kernel(name: string, write: () => Program | Call): Call {
    const call = this.#kernels(name, write);
    const { profile } = this;
    if (!profile) return call;
    const own = call;
    return (...args) => profile.time(name, 0, () => own(...args));
  }

  /** What of this name `make` makes when it is first asked for: an operation with a workspace of its own. */
  operation<T>(name: string, make: () => T): T {
    let made = this.#operations.get(name) as T | undefined;
    if (made === undefined) {
      made = make();
      this.#operations.set(name, made);
    }
    return this.profile ? this.profile.watched(name, made) : made;
  }

  /** Runs an operation of so many floating-point operations, which a profile shows as one. */
  timed<T>(name: string, flops: number, work: () => T): T {
    return this.profile ? this.profile.time(name, flops, work) : work();
  }

  /** C = A B of dense operands on this engine's target and threads; an operand may be stored transposed. */
  multiply(args: ProductArguments): void {
    const { m, n, k, transposeA = false, transposeB = false } = args;
    const turned = `${transposeA ? "T" : "N"}${transposeB ? "T" : "N"}`;
    const name = `product ${turned} ${m}x${n}x${k}`;
    const product = this.operation(name, () => this.#product({ m, n, k }, transposeA, transposeB));
    if (this.profile) this.timed(name, 2 * m * n * k, () => product(args));
    else product(args);
  }

  #product(shape: GemmShape, transposeA: boolean, transposeB: boolean): (operands: ProductOperands) => void {
    const { arithmetic, element, memory, threads } = this;
    if (this.target === "native" && arithmetic === "fast")
      return createProduct({ shape, transposeA, transposeB, element, memory, threads });
    // Blocks of the sum over k differ between machine code and WebAssembly, and with them the bits of the sum.
    const target = this.target === "native" ? "wasm" : this.target;
    const options = { target, arithmetic, element, memory, threads, shape };
    const gemm = createGemm({ variant: "packed-blocked", ...options });
    return ({ a, b, c }) => gemm.run({ ...shape, a, b, c, transposeA, transposeB });
  }

  /** A tensor with these values, or with whatever its block holds; freed with the scope that it is made in. */
  tensor(shape: Shape, values?: ArrayLike<number> | number): Tensor {
    const size = sizeOf(shape);
    if (typeof values === "object" && values.length !== size)
      throw new RangeError(`expected ${size} values for ${shapeText(shape)}; found ${values.length}`);
    const made = new Tensor(this, shape, this.heap.take(size * bytesOf[this.element]));
    if (typeof values === "object") made.values.set(values);
    else if (values !== undefined) made.values.fill(values);
    this.#scopes.at(-1)?.add(made);
    return made;
  }

  /**
   * Whole numbers from 0 to below `limit`: labels, or places of rows; freed with the scope that they are made in.
   * @throws RangeError naming the first one that is none
   */
  indices(values: ArrayLike<number>, limit: number): Indices {
    const made = new Indices(this.heap, values, limit);
    this.#scopes.at(-1)?.add(made);
    return made;
  }

  /** A tensor whose gradient is wanted, and that outlives every scope. */
  parameter(shape: Shape, values: ArrayLike<number> | number): Tensor {
    const made = this.keep(this.tensor(shape, values));
    made.wantsGradient = true;
    return made;
  }

  /** Takes a tensor out of the scopes; to be freed by its owner. */
  keep(tensor: Tensor): Tensor {
    for (const scope of this.#scopes) scope.delete(tensor.owner);
    this.#estates.at(-1)?.add(tensor.owner);
    return tensor;
  }

  /**
   * Runs `work` and frees what was kept in it: parameters, and what optimisers remember. One training after the other then
   * takes no more memory than one. Works that overlap in time share the inner one's end.
   */
  async estate<T>(work: () => Promise<T>): Promise<T> {
    const kept = new Set<Block>();
    this.#estates.push(kept);
    try {
      return await work();
    } finally {
      this.#estates.splice(this.#estates.indexOf(kept), 1);
      for (const tensor of kept) tensor.free();
    }
  }

  /** Runs `work` and frees every tensor that was made in it, but those that it returns. */
  scope<T>(work: () => T): T {
    const made = new Set<Block>();
    this.#scopes.push(made);
    try {
      const result = work();
      const outer = this.#scopes.at(-2);
      for (const { owner } of tensorsIn(result)) if (made.delete(owner)) outer?.add(owner);
      return result;
    } finally {
      this.#scopes.pop();
      for (const tensor of made) tensor.free();
    }
  }

  /** Runs `work` without recording: for evaluation, and for updates of parameters. */
  untracked<T>(work: () => T): T {
    const before = this.#recording;
    this.#recording = false;
    try {
      return work();
    } finally {
      this.#recording = before;
    }
  }

  /** Whether operations are recorded for gradients. */
  get recording(): boolean {
    return this.#recording;
  }
}

/** What a scope frees. */
interface Block {
  free(): void;
}

/** Strict kernels have the same vectors everywhere, because the order of a sum depends on them. */
const strictVectorBytes = 16;

function lanesOf(target: KernelTarget, element: Real, arithmetic: Arithmetic): number {
  const vectorBytes =
    target === "native" && arithmetic === "fast" ? isaRows[nativeIsa()].bits / 8 : strictVectorBytes;
  return vectorBytes / bytesOf[element];
}

function tensorsIn(result: unknown): readonly Tensor[] {
  if (result instanceof Tensor) return [result];
  if (Array.isArray(result)) return result.flatMap(tensorsIn);
  if (typeof result === "object" && result !== null && Object.getPrototypeOf(result) === Object.prototype)
    return Object.values(result).flatMap(tensorsIn);
  return [];
}
