/**
 * Tensors in files of the safetensors format: eight bytes with the length of a header in JSON, the header, the numbers,
 * little-endian. Torch and others read and write the same.
 */
import { closeSync, fstatSync, openSync, readSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { DataError } from "../../data/data-set.ts";
import {
  type Dtype,
  dtypeBytes,
  type Header,
  lengthBytes,
  lengthOfHeader,
  mostHeaderBytes,
  parseHeader,
} from "./header.ts";

export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Row-major, little-endian; a view of the file's bytes, at any alignment. */
  readonly bytes: Uint8Array;
}

export interface Stored {
  /** In the order of the file. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Reads the bytes of a whole file, which errors call `where`. @throws DataError for what is not of the format */
export function readSafetensors(file: Uint8Array, where: string): Stored {
  const length = lengthOfHeader(file.subarray(0, lengthBytes), file.length, where);
  const data = file.subarray(lengthBytes + length);
  return stored(parseHeader(file.subarray(lengthBytes, lengthBytes + length), data.length, where), data);
}

/**
 * Reads a file. Its header is checked against its size before room is made for the numbers.
 * @throws DataError for what cannot be read, or is not of the format
 */
export function readSafetensorsFile(path: string): Stored {
  const file = opened(path);
  try {
    const size = fstatSync(file).size;
    const length = lengthOfHeader(piece(file, 0, Math.min(size, lengthBytes), path), size, path);
    const dataBytes = size - lengthBytes - length;
    const header = parseHeader(piece(file, lengthBytes, length, path), dataBytes, path);
    return stored(header, piece(file, lengthBytes + length, dataBytes, path));
  } finally {
    closeSync(file);
  }
}

function opened(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : String(cause);
    const error = new DataError(path, "a file that can be read", found, "Check its name and permissions.");
    throw Object.assign(error, { cause });
  }
}

function piece(file: number, at: number, length: number, path: string): Uint8Array {
  const bytes = new Uint8Array(length);
  let read = 0;
  while (read < length) {
    const count = readSync(file, bytes, read, length - read, at + read);
    if (count === 0)
      throw new DataError(
        path,
        `${length} bytes from ${at}`,
        `${read}`,
        "Do not change it while it is read.",
      );
    read += count;
  }
  return bytes;
}

function stored({ entries, metadata }: Header, data: Uint8Array): Stored {
  const tensors = entries.map(
    ({ name, dtype, shape, from, to }) => [name, { dtype, shape, bytes: data.subarray(from, to) }] as const,
  );
  return { tensors: new Map(tensors), metadata };
}

/**
 * The bytes of a file. Wide elements come first and names in the order of their code units, as the format's own writer has
 * it, so that numbers are aligned and equal contents are equal files.
 * @throws DataError for a tensor whose bytes are not those of its shape
 */
export function writeSafetensors({ tensors, metadata }: Stored): Uint8Array {
  const sorted = [...tensors].sort(
    ([a, { dtype: x }], [b, { dtype: y }]) => dtypeBytes[y] - dtypeBytes[x] || (a < b ? -1 : 1),
  );
  const header: [string, unknown][] =
    metadata.size > 0 ? [["__metadata__", Object.fromEntries(metadata)]] : [];
  let at = 0;
  for (const [name, { dtype, shape, bytes }] of sorted) {
    const expected = shape.reduce((product, length) => product * length, dtypeBytes[dtype]);
    if (name === "__metadata__" || bytes.length !== expected)
      throw new DataError(
        `tensor ${JSON.stringify(name)}`,
        `a name that is not "__metadata__", and ${expected} bytes of ${dtype}`,
        String(bytes.length),
        "Give the tensor's own bytes.",
      );
    header.push([name, { dtype, shape, data_offsets: [at, at + bytes.length] }]);
    at += bytes.length;
  }
  // Members by hand: an object would put names that are whole numbers first, and lose "__proto__".
  const members = header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const text = new TextEncoder().encode(`{${members.join(",")}}`);
  const length = Math.ceil(text.length / 8) * 8;
  if (length > mostHeaderBytes)
    throw new DataError("header", `at most ${mostHeaderBytes} bytes`, String(length), "Store fewer tensors.");
  const file = new Uint8Array(lengthBytes + length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(text, lengthBytes);
  file.fill(0x20, lengthBytes + text.length, lengthBytes + length);
  let to = lengthBytes + length;
  for (const [, { bytes }] of sorted) {
    file.set(bytes, to);
    to += bytes.length;
  }
  return file;
}

/** Writes a file beside its place and moves it there, so that whatever ends in between leaves the old one whole. */
export function writeSafetensorsFile(path: string, contents: Stored): void {
  const part = `${path}.${process.pid}.part`;
  try {
    writeFileSync(part, writeSafetensors(contents));
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
}
