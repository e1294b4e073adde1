/**
 * Pages of memory from the operating system, first writable, then executable: mmap and mprotect on POSIX systems,
 * VirtualAlloc and VirtualProtect on Windows. Hardened systems refuse the second step (SELinux execmem, PaX MPROTECT,
 * Windows' arbitrary code guard): then the error says so and callers fall back.
 */
import type { Foreign, Library } from "./foreign.ts";

/** How memory comes, becomes executable and goes. Addresses are those of whole pages. */
export interface Pages {
  /** New zeroed pages for so many bytes, readable and writable. @throws RefusedMemory */
  reserve(bytes: number): number;
  /** Copies bytes into reserved pages, which must still be writable. */
  write(address: number, bytes: Uint8Array): void;
  /** Takes the right to write away and gives the right to execute. @throws RefusedMemory */
  makeExecutable(address: number, bytes: number): void;
  /** Gives pages back; nothing may use them afterwards. */
  free(address: number, bytes: number): void;
}

/** The system gave no memory, or does not let it be executed. */
export class RefusedMemory extends Error {
  /** The call that failed. */
  readonly call: string;
  /** The system's name of the reason (`EACCES`), or its number where it has none here. */
  readonly code: string;

  constructor(call: string, code: string, meaning: string) {
    super(`${call} failed with ${code}: ${meaning}`);
    this.name = "RefusedMemory";
    this.call = call;
    this.code = code;
  }
}

interface Reason {
  readonly code: string;
  readonly meaning: string;
}

const hardened = "this system lets no program make code at run time";

/** Errors of mmap and mprotect by number, the same on Linux and macOS. */
const posixReasons: Readonly<Record<number, Reason>> = {
  1: { code: "EPERM", meaning: hardened },
  12: { code: "ENOMEM", meaning: "no memory is left, or a limit is reached" },
  13: { code: "EACCES", meaning: hardened },
};

/** Errors of VirtualAlloc and VirtualProtect by number (winerror.h). */
const windowsReasons: Readonly<Record<number, Reason>> = {
  5: { code: "ERROR_ACCESS_DENIED", meaning: hardened },
  8: { code: "ERROR_NOT_ENOUGH_MEMORY", meaning: "no memory is left" },
  1455: { code: "ERROR_COMMITMENT_LIMIT", meaning: "the paging file is too small" },
  1655: { code: "ERROR_DYNAMIC_CODE_BLOCKED", meaning: hardened },
};

function refusal(call: string, reasons: Readonly<Record<number, Reason>>, number: number): RefusedMemory {
  const { code, meaning } = reasons[number] ?? {
    code: `error ${number}`,
    meaning: "the system gave no reason",
  };
  return new RefusedMemory(call, code, meaning);
}

/** The pages of this system. @throws RefusedMemory where its libraries lack the calls */
export function systemPages(foreign: Foreign): Pages {
  return foreign.platform === "win32" ? windowsPages(foreign) : posixPages(foreign);
}

function systemLibrary(foreign: Foreign, name: string | null): Library {
  const found = foreign.library([name]);
  if (found) return found;
  throw new RefusedMemory(
    `loading ${name ?? "libc"}`,
    "no library",
    "the system's own library does not load",
  );
}

// <sys/mman.h>: all of these agree between Linux and macOS but MAP_ANONYMOUS.
const readWrite = 0x1 | 0x2;
const readExecute = 0x1 | 0x4;
const mapPrivate = 0x2;
const mapAnonymous = (platform: NodeJS.Platform): number => (platform === "linux" ? 0x20 : 0x1000);

function posixPages(foreign: Foreign): Pages {
  const libc = systemLibrary(foreign, null);
  const mmap = libc.function("mmap", "address", ["address", "uint64", "int32", "int32", "int32", "int64"]);
  const mprotect = libc.function("mprotect", "int32", ["address", "uint64", "int32"]);
  const munmap = libc.function("munmap", "int32", ["address", "uint64"]);
  const flags = mapPrivate | mapAnonymous(foreign.platform);
  return {
    reserve(bytes) {
      const address = Number(mmap(0, bytes, readWrite, flags, -1, 0));
      if (address === -1) throw refusal("mmap", posixReasons, foreign.errno());
      return address;
    },
    write: (address, bytes) => new Uint8Array(foreign.viewOf(address, bytes.length)).set(bytes),
    makeExecutable(address, bytes) {
      if (mprotect(address, bytes, readExecute) !== 0)
        throw refusal("mprotect", posixReasons, foreign.errno());
    },
    free: (address, bytes) => void munmap(address, bytes),
  };
}

// <memoryapi.h> and <winnt.h>.
const memCommitReserve = 0x1000 | 0x2000;
const memRelease = 0x8000;
const pageReadWrite = 0x04;
const pageExecuteRead = 0x20;

function windowsPages(foreign: Foreign): Pages {
  const kernel32 = systemLibrary(foreign, "kernel32.dll");
  const alloc = kernel32.function("VirtualAlloc", "address", ["address", "uint64", "uint32", "uint32"]);
  const protect = kernel32.function("VirtualProtect", "int32", ["address", "uint64", "uint32", "address"]);
  const virtualFree = kernel32.function("VirtualFree", "int32", ["address", "uint64", "uint32"]);
  const flush = kernel32.function("FlushInstructionCache", "int32", ["address", "address", "uint64"]);
  const lastError = kernel32.function("GetLastError", "uint32", []);
  const thisProcess = kernel32.function("GetCurrentProcess", "address", []);
  const reserve = (bytes: number): number => {
    const address = Number(alloc(0, bytes, memCommitReserve, pageReadWrite));
    if (address === 0) throw refusal("VirtualAlloc", windowsReasons, Number(lastError()));
    return address;
  };
  // VirtualProtect insists on a place for the old protection; a page of its own stays mapped for as long as needed.
  let oldProtection = 0;
  return {
    reserve,
    write: (address, bytes) => new Uint8Array(foreign.viewOf(address, bytes.length)).set(bytes),
    makeExecutable(address, bytes) {
      oldProtection ||= reserve(4);
      if (protect(address, bytes, pageExecuteRead, oldProtection) === 0)
        throw refusal("VirtualProtect", windowsReasons, Number(lastError()));
      flush(Number(thisProcess()), address, bytes);
    },
    free: (address) => void virtualFree(address, 0, memRelease),
  };
}
