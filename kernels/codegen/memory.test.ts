import { expect, test } from "vitest";
import { compile } from "./compile.ts";
import { ProgramError } from "./errors.ts";
import { at, constant } from "./expressions.ts";
import { Memory } from "./memory.ts";
import { program } from "./program.ts";

test("allocations lie at 64-byte boundaries, apart from each other and from address 0", () => {
  const memory = new Memory(4096);
  const first = memory.allocate("i8", 65);
  const second = memory.allocate("f64", 3);
  expect(first.address).toBeGreaterThan(0);
  expect([first.address % 64, second.address % 64]).toEqual([0, 0]);
  expect(second.address).toBeGreaterThanOrEqual(first.address + 65);
  first.view.fill(-1);
  expect([...second.view]).toEqual([0, 0, 0]);
});

test("a view and its address mean the same bytes", () => {
  const memory = new Memory(1024);
  const { view, address } = memory.allocate("f32", 4);
  view.set([1, 2, 3, 4]);
  expect([...memory.view("f32", address + 4, 2)]).toEqual([2, 3]);
});

test("releasing to a mark gives the bytes back, zeroed at the next allocation", () => {
  const memory = new Memory(1024);
  const mark = memory.mark();
  const before = memory.allocate("i32", 8);
  before.view.fill(7);
  memory.release(mark);
  const after = memory.allocate("i32", 8);
  expect(after.address).toBe(before.address);
  expect([...after.view]).toEqual(Array(8).fill(0));
});

test("room is left as it was, apart from all else", () => {
  const memory = new Memory(4096);
  const mark = memory.mark();
  const { view, address } = memory.allocate("i32", 8);
  view.fill(7);
  memory.release(mark);
  expect(memory.room("i32", 8)).toBe(address);
  expect([...view]).toEqual(Array(8).fill(7));
  expect(memory.allocate("u8", 1).address).toBeGreaterThanOrEqual(address + 32);
  expect(() => memory.room("u8", 65_536)).toThrow(ProgramError);
});

test("exhaustion says how much is left and what to do", () => {
  const memory = new Memory(1024);
  const most = memory.freeBytes / 8;
  expect(() => memory.allocate("f64", most + 1)).toThrow(`at most ${most} f64`);
  expect(memory.allocate("f64", most).view.length).toBe(most);
  expect(() => memory.allocate("i8", 1)).toThrow(ProgramError);
});

test.each([-1, 1.5, Number.NaN, 2 ** 32])("a memory of %s bytes is refused", (bytes) => {
  expect(() => new Memory(bytes)).toThrow(/expected a size in bytes/);
});

test("a mark that was never given is refused", () => {
  const memory = new Memory(1024);
  expect(() => memory.release(memory.mark() + 64)).toThrow(/expected a mark/);
  expect(() => memory.release(0)).toThrow(/expected a mark/);
});

test("an attached arena means the same bytes by the same addresses, and allocates within its range alone", () => {
  const memory = new Memory(65536, { shared: true });
  const mine = memory.allocate("f32", 4);
  const range = structuredClone(memory.share(256));
  const attached = Memory.attach(range);
  const theirs = attached.allocate("f64", 32);
  expect([theirs.address, attached.freeBytes]).toEqual([range.from, 0]);
  expect(() => attached.allocate("u8", 1)).toThrow(ProgramError);
  expect(memory.allocate("u8", 1).address).toBeGreaterThanOrEqual(range.to);
  attached.view("f32", mine.address, 4).set([1, 2, 3, 4]);
  expect([...mine.view]).toEqual([1, 2, 3, 4]);
  expect(attached.bytes).toBe(memory.bytes);
  expect(() => attached.release(range.from - 64)).toThrow(/expected a mark/);
});

test("a memory of one thread sets nothing aside for others", () => {
  expect(() => new Memory(1024).share(64)).toThrow(/made with \{ shared: true \}/);
  expect(new Memory(1024).buffer).toBeInstanceOf(ArrayBuffer);
});

test.each(["js", "wasm"] as const)("a %s kernel runs on shared memory as on any other", (target) => {
  const memory = new Memory(1024, { shared: true });
  const { view, address } = memory.allocate("f32", 4);
  const fill = program("fill", (b) => {
    const x = b.pointer("x", "f32");
    b.store(at(x, 1), constant(2.5, { element: "f32", lanes: 1 }));
  });
  const kernel = compile(fill, target, memory);
  kernel.call(address);
  expect([...view]).toEqual([0, 2.5, 0, 0]);
  expect(kernel.text).toContain(target === "wasm" ? "(memory 0 65536 shared)" : "function fill");
});
