/**
 * The one place that knows koffi: addresses of JavaScript's memory, views of foreign memory, functions at an address,
 * libraries of the system. Pointers carry no type and a wrong one ends the process, so nothing else in the program
 * calls koffi. It is loaded when first used: lists and searches never pay for it.
 */
import { createRequire } from "node:module";

/** Types of foreign parameters and results. An `address` is a raw address as a number, a `text` a C string. */
export type ForeignType =
  | "void"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float"
  | "double"
  | "address"
  | "text";

// User space ends at 2^47 on x86-64 (2^56 with five-level paging, which has to be asked for): doubles hold every
// address exactly. `text` results are copied by koffi; null arrives as null.
const koffiTypes: Readonly<Record<ForeignType, string>> = {
  void: "void",
  int32: "int32_t",
  uint32: "uint32_t",
  int64: "int64_t",
  uint64: "uint64_t",
  float: "float",
  double: "double",
  address: "intptr_t",
  text: "const char *",
};

/** A C function; views and buffers cannot be passed, their `addressOf` can. */
export type ForeignFunction = (...args: readonly (number | string | null)[]) => unknown;

/** A loaded library of the system. */
export interface Library {
  /** The name under which it was found. */
  readonly name: string;
  /** The function of this name. @throws Error where the library has none */
  function(name: string, result: ForeignType, parameters: readonly ForeignType[]): ForeignFunction;
  /** Whether the library has a symbol of this name. */
  has(name: string): boolean;
}

/** What rooms use of the foreign world; tests of other systems pass their own. */
export interface Foreign {
  readonly platform: NodeJS.Platform;
  /** The first library of these names that loads, or undefined; null names what the process has loaded already. */
  library(names: readonly (string | null)[]): Library | undefined;
  /** The bytes at an address. They must stay mapped as long as the view is used: nothing checks it. */
  viewOf(address: number, bytes: number): ArrayBuffer;
  /** `errno` as the last foreign call left it. */
  errno(): number;
}

/** koffi could not be loaded: not installed, or without a binary for this system. */
export class ForeignUnavailable extends Error {
  constructor(cause: unknown) {
    const line = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0];
    super(
      `koffi, which calls machine code, does not load here (${line}); run \`npm ci\` again without --omit`,
      {
        cause,
      },
    );
    this.name = "ForeignUnavailable";
  }
}

type Koffi = typeof import("koffi");
type Prototype = ReturnType<Koffi["proto"]>;

let loaded: Koffi | undefined;
let oneInteger: Prototype | undefined;

/** @throws ForeignUnavailable */
function koffi(): Koffi {
  if (loaded) return loaded;
  try {
    // require, because callers are synchronous: a kernel is compiled between two lines of a procedure.
    const found = createRequire(import.meta.url)("koffi") as Koffi;
    // koffi 3.3 sets up the stack of its calls when a thread loads its first library; before that, a call crashes.
    found.load(process.platform === "win32" ? "kernel32.dll" : null);
    loaded = found;
    return found;
  } catch (error) {
    throw new ForeignUnavailable(error);
  }
}

/**
 * The raw address of a view's first byte, also in the (shared) buffer of a WebAssembly.Memory. It is valid as long as
 * the buffer lives and does not grow: the caller keeps the buffer reachable while foreign code uses the address.
 *
 * @throws ForeignUnavailable; RangeError for a buffer without bytes, which has no address
 */
export function addressOf(view: ArrayBufferView | ArrayBufferLike): number {
  if (view.byteLength === 0)
    throw new RangeError("addressOf: expected at least one byte, found an empty buffer");
  return Number(koffi().address(view));
}

/**
 * The bytes at an address as an ArrayBuffer. They must stay mapped as long as it is used; freeing it frees nothing.
 *
 * @throws ForeignUnavailable; RangeError for what cannot be an address or a size
 */
export function viewOf(address: number, bytes: number): ArrayBuffer {
  return koffi().view(checkedAddress(address), bytes);
}

/**
 * The machine code at an address as a function of one pointer-sized integer without result, in the calling convention
 * of the system. The code must stay mapped as long as the function may be called (executable.ts sees to that).
 *
 * A call costs about 22 ns on a Zen 5 core. Of what koffi can pass, a Number is the cheapest, as uint64_t, int64_t or
 * uintptr_t alike; a BigInt costs 1.2 times as much, void * with a BigInt 1.15 times, with a typed array 1.6 times
 * (native.bench.ts).
 *
 * @throws ForeignUnavailable; RangeError for what cannot be an address
 */
export function functionAt(address: number): (argument: number) => void {
  oneInteger ??= koffi().proto("void", ["uint64_t"]);
  return koffi().decode(checkedAddress(address), oneInteger);
}

function checkedAddress(address: number): bigint {
  if (Number.isSafeInteger(address) && address > 0) return BigInt(address);
  throw new RangeError(`expected an address, a positive whole number, found ${address}`);
}

/** The first library of these names that loads, or undefined. @throws ForeignUnavailable */
export function library(names: readonly (string | null)[]): Library | undefined {
  for (const name of names) {
    const found = attempt(() => koffi().load(name));
    if (found === undefined) continue;
    return {
      name: name ?? "the process itself",
      function: (symbol, result, parameters) =>
        found.func(
          symbol,
          koffiTypes[result],
          parameters.map((type) => koffiTypes[type]),
        ),
      has: (symbol) => attempt(() => found.symbol(symbol)) !== undefined,
    };
  }
  return undefined;
}

function attempt<T>(use: () => T): T | undefined {
  try {
    return use();
  } catch (error) {
    if (error instanceof ForeignUnavailable) throw error;
    return undefined;
  }
}

/** The real one. */
export const foreign: Foreign = {
  platform: process.platform,
  library,
  viewOf,
  errno: () => koffi().errno(),
};
