/**
 * The IDX format of MNIST: two zero bytes, a type, the number of dimensions, their sizes as big-endian 32-bit integers, and
 * the values (LeCun, Cortes & Burges, "The MNIST database of handwritten digits"). Only bytes (type 8) occur in the sets
 * that are read here.
 */
import { DataError } from "../data-set.ts";
import type { FileBytes } from "./read-file.ts";

export interface IdxArray {
  readonly path: string;
  readonly shape: readonly number[];
  /** A view of the file's bytes. */
  readonly values: Uint8Array;
  /** Where the values begin in the (unpacked) file. */
  readonly offset: number;
}

const unsignedByte = 8;
const again = "It is another file, or a broken one: download it again.";

/** Reads a file with that many dimensions. @throws DataError that names file and offset */
export function parseIdx({ path, bytes }: FileBytes, dimensions: number): IdxArray {
  const offset = 4 + 4 * dimensions;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = (unsignedByte << 8) | dimensions;
  if (bytes.length < 4) throw at(path, 0, `the four bytes ${hex(magic)}`, `a file of ${bytes.length} bytes`);
  if (view.getUint32(0) !== magic) throw at(path, 0, `the four bytes ${hex(magic)}`, hex(view.getUint32(0)));
  if (bytes.length < offset)
    throw at(path, 4, `${dimensions} sizes of four bytes each`, `a file of ${bytes.length} bytes`);
  const shape = Array.from({ length: dimensions }, (_, at) => view.getUint32(4 + 4 * at));
  const count = shape.reduce((product, side) => product * side, 1);
  const found = bytes.length - offset;
  if (found !== count) throw at(path, offset, `${count} bytes (${shape.join(" x ")})`, `${found} bytes`);
  return { path, shape, values: bytes.subarray(offset), offset };
}

function at(path: string, offset: number, expected: string, found: string): DataError {
  return new DataError(`${path}, byte ${offset}`, expected, found, again);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, "0")}`;
}
