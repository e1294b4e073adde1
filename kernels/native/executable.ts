/**
 * Machine code in memory that may be executed. A page is writable or executable, never both at a time: mapped
 * read-write, filled, then made read-execute. Apart from pages.ts, which knows how each system does that.
 */
import { foreign as realForeign, functionAt as realFunctionAt } from "./foreign.ts";
import { type Pages, systemPages } from "./pages.ts";

/** Code that was loaded. Its memory is given back by `release`, or when this object is garbage-collected. */
export interface LoadedCode {
  /** Address of the first byte, at a page boundary. It dies with this object: keep it reachable, or use `entry`. */
  readonly address: number;
  /** Bytes of code. */
  readonly bytes: number;
  /**
   * The function that begins at an offset (default: the first byte). It keeps the code alive, and throws a ReleasedCode
   * when it is called after `release`.
   */
  entry(offset?: number): (argument: number) => void;
  /** Gives the memory back; a second call does nothing. */
  release(): void;
}

/** Somebody used code after its release; calling it would have executed whatever is there now. */
export class ReleasedCode extends Error {
  constructor(bytes: number) {
    super(`expected loaded code, found ${bytes} bytes that were released; load them again with loadCode`);
    this.name = "ReleasedCode";
  }
}

/** What `loadCode` needs of the system; tests of other systems pass their own. */
export interface CodeHost {
  readonly pages: Pages;
  functionAt(address: number): (argument: number) => void;
}

let here: CodeHost | undefined;

/**
 * Copies machine code into memory of its own and makes it executable.
 *
 * @throws RefusedMemory where the system does not allow it; ForeignUnavailable without koffi
 * @example
 * const code = loadCode(assembled);
 * const run = code.entry();
 * run(addressOf(operands));
 */
export function loadCode(bytes: Uint8Array, host: CodeHost = systemHost()): LoadedCode {
  if (bytes.length === 0) throw new RangeError("loadCode: expected machine code, found no bytes");
  const { pages } = host;
  const address = pages.reserve(bytes.length);
  try {
    pages.write(address, bytes);
    pages.makeExecutable(address, bytes.length);
  } catch (error) {
    pages.free(address, bytes.length);
    throw error;
  }
  return new Code(host, { pages, address, bytes: bytes.length });
}

function systemHost(): CodeHost {
  here ??= { pages: systemPages(realForeign), functionAt: realFunctionAt };
  return here;
}

/** A mapping that has to be freed once. */
interface Mapping {
  readonly pages: Pages;
  readonly address: number;
  readonly bytes: number;
}

const abandoned = new FinalizationRegistry<Mapping>(({ pages, address, bytes }) =>
  pages.free(address, bytes),
);

class Code implements LoadedCode {
  readonly bytes: number;
  readonly #functionAt: CodeHost["functionAt"];
  #mapping: Mapping | undefined;

  constructor({ functionAt }: CodeHost, mapping: Mapping) {
    this.bytes = mapping.bytes;
    this.#functionAt = functionAt;
    this.#mapping = mapping;
    abandoned.register(this, mapping, this);
  }

  get address(): number {
    if (this.#mapping) return this.#mapping.address;
    throw new ReleasedCode(this.bytes);
  }

  entry(offset = 0): (argument: number) => void {
    if (!Number.isInteger(offset) || offset < 0 || offset >= this.bytes) {
      throw new RangeError(`entry: expected an offset from 0 to ${this.bytes - 1}, found ${offset}`);
    }
    const call = this.#functionAt(this.address + offset);
    return (argument) => {
      if (!this.#mapping) throw new ReleasedCode(this.bytes);
      call(argument);
    };
  }

  release(): void {
    const mapping = this.#mapping;
    if (!mapping) return;
    this.#mapping = undefined;
    abandoned.unregister(this);
    mapping.pages.free(mapping.address, mapping.bytes);
  }
}
