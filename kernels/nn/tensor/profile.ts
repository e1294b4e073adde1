/**
 * Where the time of training steps goes, operation by operation. An engine without a profile pays nothing but a
 * comparison; one with it times every kernel and every operation that is made of several.
 */

/** One operation, over all of its calls. */
export interface ProfileRow {
  readonly name: string;
  readonly calls: number;
  readonly seconds: number;
  /** Floating-point operations of products and convolutions, two a multiply-add; 0 where they are not counted. */
  readonly flops: number;
}

export class Profile {
  readonly #rows = new Map<string, { calls: number; seconds: number; flops: number }>();
  #within = false;

  /** Runs a part of a step; what it calls is not counted again. */
  time<T>(name: string, flops: number, work: () => T): T {
    if (this.#within) return work();
    this.#within = true;
    const start = performance.now();
    try {
      return work();
    } finally {
      const seconds = (performance.now() - start) / 1000;
      this.#within = false;
      const row = this.#rows.get(name) ?? { calls: 0, seconds: 0, flops: 0 };
      this.#rows.set(name, row);
      row.calls++;
      row.seconds += seconds;
      row.flops += flops;
    }
  }

  /** The methods of an operation, each timed under its name and the operation's. */
  watched<T>(name: string, operation: T): T {
    if (typeof operation !== "object" || operation === null) return operation;
    const timed = Object.entries(operation).map(([method, own]) =>
      typeof own === "function"
        ? [method, (...args: unknown[]) => this.time(`${name} ${method}`, 0, () => own(...args))]
        : [method, own],
    );
    return Object.fromEntries(timed) as T;
  }

  /** The longest first. */
  get rows(): readonly ProfileRow[] {
    return [...this.#rows].map(([name, row]) => ({ name, ...row })).sort((a, b) => b.seconds - a.seconds);
  }
}
