/** Safetensors: what is written is read again, and a file that lies is refused before it costs anything. */
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { DataError } from "../../data/data-set.ts";
import { type Dtype, dtypeBytes } from "./header.ts";
import {
  readSafetensors,
  readSafetensorsFile,
  type Stored,
  writeSafetensors,
  writeSafetensorsFile,
} from "./safetensors.ts";

const folder = mkdtempSync(join(tmpdir(), "kdaccel-safetensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

const tensor = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(dtypeBytes) as Dtype[])),
    shape: fc.array(fc.nat(4), { maxLength: 4 }),
    seed: fc.nat(255),
  })
  .map(({ dtype, shape, seed }) => {
    const bytes = shape.reduce((a, b) => a * b, dtypeBytes[dtype]);
    return { dtype, shape, bytes: Uint8Array.from({ length: bytes }, (_, i) => i + seed) };
  });
const name = fc.string({ unit: "grapheme" }).filter((text) => text !== "__metadata__");
const contents: fc.Arbitrary<Stored> = fc.record({
  tensors: fc
    .array(fc.tuple(fc.oneof(name, fc.constantFrom("__proto__", "12", 'a"b\\')), tensor))
    .map((all) => new Map(all)),
  metadata: fc.array(fc.tuple(fc.string(), fc.string())).map((all) => new Map(all)),
});

const sorted = ({ tensors, metadata }: Stored) => [[...tensors].sort(), [...metadata].sort()];

/** A file of this header and so many bytes of numbers. */
function file(header: string | object, dataBytes = 0, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const f32 = (shape: unknown, from: unknown, to: unknown) => ({
  dtype: "F32",
  shape,
  data_offsets: [from, to],
});

describe("a file", () => {
  it("holds what was written, in memory and on disk", () => {
    fc.assert(
      fc.property(contents, (stored) => {
        const bytes = writeSafetensors(stored);
        expect(sorted(readSafetensors(bytes, "it"))).toEqual(sorted(stored));
        expect(writeSafetensors(readSafetensors(bytes, "it"))).toEqual(bytes);
      }),
    );
    fc.assert(
      fc.property(contents, (stored) => {
        const path = join(folder, "round.safetensors");
        writeSafetensorsFile(path, stored);
        expect(sorted(readSafetensorsFile(path))).toEqual(sorted(stored));
      }),
      { numRuns: 10 },
    );
    expect(readdirSync(folder)).toEqual(["round.safetensors"]);
  });

  it("has the bytes that the format says", () => {
    const stored = {
      tensors: new Map([["a", { dtype: "U8", shape: [2], bytes: Uint8Array.of(7, 9) }]]),
      metadata: new Map(),
    };
    const bytes = writeSafetensors(stored as Stored);
    const text = '{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}   ';
    expect(new TextDecoder().decode(bytes.subarray(8, 64))).toBe(text);
    expect([...bytes.subarray(0, 8), ...bytes.subarray(64)]).toEqual([56, 0, 0, 0, 0, 0, 0, 0, 7, 9]);
  });
});

describe("a file that lies", () => {
  it.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /it: expected at least 8 bytes; found 0/],
    ["half a length", new Uint8Array(5), /at least 8 bytes; found 5/],
    [
      "a header longer than the file",
      file("{}", 0, 3n),
      /offset 0: expected a header of 2 to 2 bytes; found 3/,
    ],
    ["a huge header", file("{}", 0, 2n ** 64n - 1n), /a header of 2 to 2 bytes; found 18446744073709551615/],
    ["an empty header", file("", 8), /a header of 2 to 8 bytes; found 0/],
    ["no JSON", file("{a}"), /header: expected JSON/],
    ["no object", file("[]"), /expected a JSON object/],
    ["space first", file(" {}"), /expected a JSON object, from "\{" on/],
    ["no UTF-8", file('{"\xff": 1}').map((byte) => (byte === 0xc3 ? 0xff : byte)), /expected UTF-8/],
    [
      "an unknown type",
      file({ a: { dtype: "F31", shape: [], data_offsets: [0, 4] } }, 4),
      /"a", dtype: .*found "F31"/,
    ],
    [
      "a type of Object's own",
      file({ a: { dtype: "toString", shape: [], data_offsets: [0, 4] } }, 4),
      /found "toString"/,
    ],
    ["no type", file({ a: { shape: [], data_offsets: [0, 4] } }, 4), /dtype: .*found undefined/],
    ["a number for a tensor", file({ a: 1 }), /"a": expected dtype, shape and data_offsets; found number/],
    [
      "a negative length",
      file({ a: f32([-1], 0, 4) }, 4),
      /shape: expected up to 16 whole numbers; found \[-1\]/,
    ],
    [
      "NaN for a length",
      file('{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', 4),
      /expected JSON/,
    ],
    ["null for a length", file({ a: f32([null], 0, 4) }, 4), /found \[null\]/],
    [
      "an infinite length",
      file('{"a":{"dtype":"F32","shape":[1e999],"data_offsets":[0,4]}}', 4),
      /found \[Infinity\]/,
    ],
    [
      "a shape that is nested deeply",
      file(`{"a":{"dtype":"F32","shape":[${"[".repeat(1e5)}${"]".repeat(1e5)}],"data_offsets":[0,4]}}`, 4),
      /found \[object\]/,
    ],
    ["a fraction", file({ a: f32([0.5], 0, 2) }, 2), /found \[0.5\]/],
    ["too many dimensions", file({ a: f32(Array(1000).fill(1), 0, 4) }, 4), /up to 16 whole numbers/],
    [
      "a shape of other bytes",
      file({ a: f32([3], 0, 8) }, 8),
      /expected 12 bytes for its shape; found 0 to 8/,
    ],
    ["a shape whose size overflows", file({ a: f32([2 ** 32, 2 ** 32], 0, 8) }, 8), /bytes for its shape/],
    ["offsets backwards", file({ a: f32([1], 8, 4) }, 8), /found 8 to 4/],
    [
      "offsets beyond the end",
      file({ a: f32([2 ** 40], 0, 2 ** 42) }, 8),
      /tensors of 8 bytes, which follow the header; found 4398046511104/,
    ],
    [
      "one offset",
      file({ a: { dtype: "F32", shape: [1], data_offsets: [0] } }, 4),
      /two whole numbers; found \[0\]/,
    ],
    [
      "tensors that overlap",
      file({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8),
      /"b": expected to begin at byte 8.*found 4/,
    ],
    ["a gap", file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), /"b": expected to begin at byte 4/],
    ["bytes of nobody", file({ a: f32([1], 0, 4) }, 5), /tensors of 5 bytes.*found 4/],
    [
      "a name twice",
      file(`{"a":${JSON.stringify(f32([1], 0, 4))},"\\u0061":${JSON.stringify(f32([1], 4, 8))}}`, 8),
      /every name once; found "a" twice/,
    ],
    [
      "a shape twice",
      file('{"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,8]}}', 8),
      /found "shape" twice/,
    ],
    ["metadata of numbers", file({ __metadata__: { a: 1 } }), /"__metadata__": expected names with texts/],
    ["a name with control characters", file({ "\u001b[2J": 1 }), /tensor "\\u001b\[2J"/],
  ])("is refused: %s", (_, bytes, message) => {
    expect(() => readSafetensors(bytes, "it")).toThrow(DataError);
    expect(() => readSafetensors(bytes, "it")).toThrow(message);
  });

  it("is refused wherever it is cut, and never breaks the reader where a byte is changed", () => {
    fc.assert(
      fc.property(contents, fc.nat(), fc.nat(255), (stored, at, byte) => {
        const bytes = writeSafetensors(stored);
        expect(() => readSafetensors(bytes.subarray(0, at % bytes.length), "it")).toThrow(DataError);
        bytes[at % bytes.length] = byte;
        try {
          readSafetensors(bytes, "it");
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
    );
  });

  it("is refused by its header alone: a terabyte that is not written takes no memory", () => {
    const path = join(folder, "sparse.safetensors");
    writeFileSync(path, file({ a: f32([2], 0, 8) }));
    truncateSync(path, 2 ** 40);
    expect(() => readSafetensorsFile(path)).toThrow(
      /tensors of 1\d{12} bytes, which follow the header; found 8/,
    );
  });

  it("or is none", () => {
    expect(() => readSafetensorsFile(join(folder, "missing"))).toThrow(
      /a file that can be read; found ENOENT/,
    );
  });
});

it("refuses to write bytes that are not those of the shape", () => {
  const wrong = { dtype: "F32", shape: [2], bytes: new Uint8Array(4) } as const;
  expect(() => writeSafetensors({ tensors: new Map([["a", wrong]]), metadata: new Map() })).toThrow(
    /8 bytes of F32; found 4/,
  );
});
