import { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { loadCode } from "./executable.ts";
import { addressOf, foreign, functionAt, library, viewOf } from "./foreign.ts";
import { echo, runsHere, storing } from "./machine-code.fixture.ts";

const pages = { initial: 1, maximum: 1 };

describe("addressOf and viewOf", () => {
  const wasm = new WebAssembly.Memory(pages).buffer;
  const shared = new WebAssembly.Memory({ ...pages, shared: true }).buffer;
  it.each([
    ["an ArrayBuffer", new ArrayBuffer(16)],
    ["a view that begins inside", new Uint8Array(new ArrayBuffer(64), 24, 8)],
    ["a small array, which V8 may keep in its own heap", new Float64Array(1)],
    ["a DataView", new DataView(new ArrayBuffer(16), 3)],
    ["the buffer of a WebAssembly.Memory", wasm],
    ["a view of a WebAssembly.Memory", new Float32Array(wasm, 64, 4)],
    ["a SharedArrayBuffer", new SharedArrayBuffer(8)],
    ["a view of a shared WebAssembly.Memory", new Int32Array(shared, 128, 2)],
  ])("are two ways to the same bytes: %s", (_name, view) => {
    const bytes = ArrayBuffer.isView(view)
      ? new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
      : new Uint8Array(view);
    const seen = new Uint8Array(viewOf(addressOf(view), bytes.length));
    bytes[0] = 17;
    expect(seen[0]).toBe(17);
    seen[bytes.length - 1] = 23;
    expect(bytes.at(-1)).toBe(23);
  });

  it("agree on the distance between two views of one buffer", () => {
    expect(addressOf(new Uint8Array(wasm, 640)) - addressOf(wasm)).toBe(640);
  });

  it("refuse what has no address", () => {
    expect(() => addressOf(new ArrayBuffer(0))).toThrow(/expected at least one byte/);
    for (const none of [0, -8, 0.5, Number.NaN, 2 ** 60]) expect(() => viewOf(none, 1)).toThrow(RangeError);
    expect(() => functionAt(0)).toThrow(RangeError);
  });
});

describe.runIf(runsHere)("a function at an address", () => {
  it("writes where its argument points to", () => {
    const code = loadCode(storing(1234));
    const target = new Int32Array(2);
    functionAt(code.address)(addressOf(target));
    expect([...target]).toEqual([1234, 0]);
    code.release();
  });

  it("gets every bit of an address", () => {
    const code = loadCode(echo);
    const memory = new WebAssembly.Memory({ ...pages, shared: true });
    const target = new BigUint64Array(memory.buffer, 4096, 1);
    functionAt(code.address)(addressOf(target));
    expect(Number(target[0])).toBe(addressOf(target));
    code.release();
  });

  it("can be called by another thread, on memory that both share", async () => {
    const code = loadCode(storing(77));
    const shared = new WebAssembly.Memory({ ...pages, shared: true });
    const worker = new Worker(
      `import(${JSON.stringify(new URL("./foreign.ts", import.meta.url).href)}).then(({ addressOf, functionAt }) => {
        const { code, buffer } = require("node:worker_threads").workerData;
        functionAt(code)(addressOf(new Int32Array(buffer, 256, 1)));
      });`,
      { eval: true, workerData: { code: code.address, buffer: shared.buffer } },
    );
    await new Promise((resolve, reject) => worker.once("exit", resolve).once("error", reject));
    expect(new Int32Array(shared.buffer, 256, 1)[0]).toBe(77);
    code.release();
  });
});

describe("library", () => {
  it("calls a function with numbers and text, and gets text back", () => {
    const libc = library([process.platform === "win32" ? "msvcrt.dll" : null]);
    expect(libc?.function("abs", "int32", ["int32"])(-5)).toBe(5);
    expect(libc?.function("ldexp", "double", ["double", "int32"])(0.75, 4)).toBe(12);
    expect(libc?.function("strerror", "text", ["int32"])(2)).toMatch(/no such file/i);
    expect(libc?.function("atoi", "int32", ["text"])("41")).toBe(41);
    const bytes = new TextEncoder().encode("tile\0");
    expect(libc?.function("strlen", "uint64", ["address"])(addressOf(bytes))).toBe(4);
  });

  it("takes the first name that loads, and knows what it lacks", () => {
    const libc = library(["lib-that-nobody-has.so.9", process.platform === "win32" ? "msvcrt.dll" : null]);
    expect(libc?.has("abs")).toBe(true);
    expect(libc?.has("no_such_function")).toBe(false);
    expect(() => libc?.function("no_such_function", "void", [])).toThrow(/no_such_function/);
    expect(library(["lib-that-nobody-has.so.9"])).toBeUndefined();
  });

  it.runIf(process.platform === "linux")("leaves errno behind", () => {
    const close = library([null])?.function("close", "int32", ["int32"]);
    expect(close?.(-1)).toBe(-1);
    expect(foreign.errno()).toBe(9); // EBADF
  });
});
