/**
 * A foreign world for tests: libraries whose functions are JavaScript, with every call written down. It stands in for
 * the systems that the tests do not run on, and for those that refuse.
 */
import type { Foreign, ForeignFunction, Library } from "./foreign.ts";

/** One call of a foreign function: its name, then its arguments. */
export type Call = readonly [name: string, ...args: unknown[]];

export interface FakeForeign extends Foreign {
  readonly calls: readonly Call[];
  /** The bytes that can be seen at any address. */
  readonly memory: Uint8Array;
}

/** A foreign world on `platform` in which the named functions exist and do what is given. */
export function fakeForeign(
  platform: NodeJS.Platform,
  functions: Readonly<Record<string, ForeignFunction>>,
  errno = 0,
): FakeForeign {
  const calls: Call[] = [];
  const memory = new Uint8Array(64);
  const named = (name: string): Library => ({
    name,
    has: (symbol) => symbol in functions,
    function: (symbol) => {
      const does = functions[symbol];
      if (!does) throw new Error(`the fake ${name} has no ${symbol}`);
      return (...args) => {
        calls.push([symbol, ...args]);
        return does(...args);
      };
    },
  });
  return {
    platform,
    calls,
    memory,
    errno: () => errno,
    library: (names) => named(names[0] ?? "libc"),
    viewOf: () => memory.buffer,
  };
}
