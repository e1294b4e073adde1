import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { type CodeHost, loadCode, ReleasedCode } from "./executable.ts";
import { fakeForeign } from "./foreign.fixture.ts";
import { addressOf, type ForeignFunction, foreign, functionAt } from "./foreign.ts";
import { runsHere, storing } from "./machine-code.fixture.ts";
import { RefusedMemory, systemPages } from "./pages.ts";

const target = new Int32Array(1);

/** Access rights of the mapping that holds an address, as /proc/self/maps writes them; undefined where none does. */
function rightsAt(address: number): string | undefined {
  const lines = readFileSync("/proc/self/maps", "utf8").trim().split("\n");
  const mappings = lines.map((line) => /^(\w+)-(\w+) (\S+)/.exec(line) ?? []);
  const holding = mappings.find(
    ([, from = "", to = ""]) => Number.parseInt(from, 16) <= address && address < Number.parseInt(to, 16),
  );
  return holding?.[3];
}

describe.runIf(runsHere)("code on this machine", () => {
  it("runs, at its first byte or at an offset", () => {
    const first = storing(7);
    const code = loadCode(Uint8Array.of(...first, ...storing(8)));
    code.entry()(addressOf(target));
    expect(target[0]).toBe(7);
    code.entry(first.length)(addressOf(target));
    expect(target[0]).toBe(8);
    expect(() => code.entry(2 * first.length)).toThrow(/offset from 0 to 13, found 14/);
    code.release();
  });

  it("is refused after its release, once or twice", () => {
    const code = loadCode(storing(9));
    const run = code.entry();
    code.release();
    code.release();
    target[0] = 0;
    expect(() => run(addressOf(target))).toThrow(ReleasedCode);
    expect(() => code.address).toThrow(/7 bytes that were released; load them again/);
    expect(() => code.entry()).toThrow(ReleasedCode);
    expect(target[0]).toBe(0);
  });

  it.runIf(process.platform === "linux")(
    "is executable and never writable, and gone after its release",
    () => {
      const code = loadCode(storing(1));
      const { address } = code;
      expect(rightsAt(address)).toBe("r-xp");
      code.release();
      expect(rightsAt(address)).toBeUndefined();
    },
  );

  it.runIf(process.platform === "linux")("is writable, not executable, while it is written", () => {
    const real = systemPages(foreign);
    const rights: (string | undefined)[] = [];
    const watched: CodeHost = {
      functionAt,
      pages: {
        ...real,
        write(address, bytes) {
          real.write(address, bytes);
          rights.push(rightsAt(address));
        },
      },
    };
    loadCode(storing(1), watched).release();
    expect(rights).toEqual(["rw-p"]);
  });

  it("spans pages", () => {
    const sled = new Uint8Array(20_000).fill(0x90);
    sled.set(storing(55), sled.length - storing(55).length);
    const code = loadCode(sled);
    code.entry()(addressOf(target));
    expect(target[0]).toBe(55);
    code.release();
  });
});

describe("memory", () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");

  const counted = () => {
    const freed: number[] = [];
    let next = 4096;
    const host: CodeHost = {
      functionAt: () => () => {},
      pages: {
        reserve: () => next++,
        write: () => {},
        makeExecutable: () => {},
        free: (address) => freed.push(address),
      },
    };
    return { host, freed };
  };

  async function collected(freed: readonly number[]): Promise<void> {
    for (let i = 0; i < 100 && freed.length === 0; i++) {
      collectGarbage();
      await wait(5);
    }
  }

  it("is given back once by release, however often it is called and collected", async () => {
    const { host, freed } = counted();
    const code = loadCode(storing(1), host);
    code.release();
    code.release();
    expect(freed).toEqual([4096]);
    const other = counted();
    (() => loadCode(storing(1), other.host))();
    await collected(other.freed);
    expect(freed).toEqual([4096]);
    expect(other.freed).toEqual([4096]);
  });

  it("stays while an entry may be called, also when the code itself is forgotten", async () => {
    const { host, freed } = counted();
    const kept = loadCode(storing(1), host).entry();
    loadCode(storing(2), host);
    await collected(freed);
    expect(freed).toEqual([4097]);
    kept(0);
  });
});

describe("other systems", () => {
  const bytes = storing(3);
  const on = (platform: NodeJS.Platform, functions: Record<string, ForeignFunction>, errno?: number) => {
    const world = fakeForeign(platform, functions, errno);
    const load = () => loadCode(bytes, { pages: systemPages(world), functionAt: () => () => {} });
    return { world, load };
  };
  const posix = { mmap: () => 0x10000, mprotect: () => 0, munmap: () => 0 };

  it("macOS has its own number for anonymous memory", () => {
    const { world, load } = on("darwin", posix);
    load().release();
    expect(world.calls).toEqual([
      ["mmap", 0, 7, 3, 0x1002, -1, 0],
      ["mprotect", 0x10000, 7, 5],
      ["munmap", 0x10000, 7],
    ]);
    expect(world.memory.slice(0, 7)).toEqual(bytes);
  });

  it.each([
    [13, "EACCES", /no program make code/],
    [1, "EPERM", /no program make code/],
    [99, "error 99", /no reason/],
  ])(
    "a hardened one refuses to execute (errno %i): the reason is told, the memory given back",
    (errno, code, why) => {
      const { world, load } = on("linux", { ...posix, mprotect: () => -1 }, errno);
      expect(load).toThrow(expect.objectContaining({ name: "RefusedMemory", call: "mprotect", code }));
      expect(load).toThrow(why);
      expect(world.calls.filter(([name]) => name === "munmap")).toHaveLength(2);
    },
  );

  it("no memory is left", () => {
    const { load } = on("linux", { ...posix, mmap: () => -1 }, 12);
    expect(load).toThrow(expect.objectContaining({ call: "mmap", code: "ENOMEM" }));
  });

  const always = (result: number) => () => result;
  const windows = (differing: Record<string, ForeignFunction> = {}) => ({
    ...Object.fromEntries(
      ["VirtualProtect", "VirtualFree", "FlushInstructionCache"].map((name) => [name, always(1)]),
    ),
    VirtualAlloc: always(0x20000),
    GetLastError: always(1655),
    GetCurrentProcess: always(-1),
    ...differing,
  });

  it("Windows allocates, protects, flushes and frees", () => {
    const blocks = [0x20000, 0x30000];
    const nextBlock = () => blocks.shift();
    const { world, load } = on("win32", windows({ VirtualAlloc: nextBlock }));
    load().release();
    expect(world.calls).toEqual([
      ["VirtualAlloc", 0, 7, 0x3000, 0x04],
      ["VirtualAlloc", 0, 4, 0x3000, 0x04],
      ["VirtualProtect", 0x20000, 7, 0x20, 0x30000],
      ["GetCurrentProcess"],
      ["FlushInstructionCache", -1, 0x20000, 7],
      ["VirtualFree", 0x20000, 0, 0x8000],
    ]);
  });

  it("Windows with its arbitrary code guard refuses", () => {
    const { world, load } = on("win32", windows({ VirtualProtect: always(0) }));
    expect(load).toThrow(RefusedMemory);
    expect(load).toThrow(/VirtualProtect failed with ERROR_DYNAMIC_CODE_BLOCKED/);
    expect(world.calls.filter(([name]) => name === "VirtualFree")).toHaveLength(2);
  });

  it("Windows without memory refuses", () => {
    const { load } = on("win32", windows({ VirtualAlloc: always(0), GetLastError: always(1455) }));
    expect(load).toThrow(/VirtualAlloc failed with ERROR_COMMITMENT_LIMIT/);
  });
});

it("there is nothing to load in no bytes", () => {
  expect(() => loadCode(new Uint8Array(0))).toThrow(/found no bytes/);
});
