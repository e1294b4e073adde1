/**
 * The header of a safetensors file (huggingface/safetensors, format of 2022): which tensors it has and where. Everything it
 * says is checked against the number of bytes that are really there, before anyone makes room for them.
 */
import { DataError } from "../../data/data-set.ts";

/** Bytes of an element of each type of the format. */
export const dtypeBytes = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
} as const;

export type Dtype = keyof typeof dtypeBytes;

/** What the header says of one tensor. */
export interface Entry {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** First byte behind the header, and the one behind the last. */
  readonly from: number;
  readonly to: number;
}

export interface Header {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of their bytes. */
  readonly entries: readonly Entry[];
}

/** The format's own limit. */
export const mostHeaderBytes = 100_000_000;
/** Bytes before the header: its length. */
export const lengthBytes = 8;

/** The most dimensions that are believed: nothing that is trained has more. */
const mostDimensions = 16;

/** @throws DataError naming the file `where` and what in it is wrong */
export function lengthOfHeader(first: Uint8Array, fileBytes: number, where: string): number {
  if (first.length < lengthBytes)
    throw new DataError(where, `at least ${lengthBytes} bytes`, `${fileBytes}`, again);
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  const most = Math.min(mostHeaderBytes, fileBytes - lengthBytes);
  if (length > BigInt(most) || length < 2n)
    throw new DataError(`${where}, offset 0`, `a header of 2 to ${most} bytes`, String(length), again);
  return Number(length);
}

/** Reads a header that `dataBytes` bytes of numbers follow. @throws DataError */
export function parseHeader(bytes: Uint8Array, dataBytes: number, where: string): Header {
  const place = `${where}, header`;
  const text = decoded(bytes, place);
  const parsed = parsedObject(text, place);
  refuseDuplicates(text, place);
  const metadata = new Map<string, string>();
  const entries: Entry[] = [];
  for (const [name, value] of Object.entries(parsed))
    if (name === "__metadata__") for (const pair of metadataOf(value, place)) metadata.set(...pair);
    else entries.push(entryOf(name, value, `${place}, tensor ${shown(name)}`));
  entries.sort((a, b) => a.from - b.from || a.to - b.to);
  checkCover(entries, dataBytes, place);
  return { metadata, entries };
}

const again = "Write or download the file again; it is no whole safetensors file.";

/** A name from a file as text of an error: short, and without control characters. */
const shown = (name: string): string => JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);

function decoded(bytes: Uint8Array, place: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw Object.assign(new DataError(place, "UTF-8", "other bytes", again), { cause });
  }
}

function parsedObject(text: string, place: string): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw Object.assign(new DataError(place, "JSON", "something else", again), { cause });
  }
  if (text.startsWith("{") && isRecord(parsed)) return parsed;
  throw new DataError(place, 'a JSON object, from "{" on', typeof parsed, again);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON.parse keeps the last of two equal keys: which of them was meant, nobody knows. */
function refuseDuplicates(text: string, place: string): void {
  const open: (Set<string> | undefined)[] = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*:?|[{}[\]]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token.endsWith(":")) {
      const key = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string;
      const keys = open.at(-1) as Set<string>;
      if (keys.has(key))
        throw new DataError(place, "every name once", `${shown(key)} twice`, "Rename one of the tensors.");
      keys.add(key);
    }
  }
}

function metadataOf(value: unknown, place: string): readonly [string, string][] {
  if (isRecord(value) && Object.values(value).every((each) => typeof each === "string"))
    return Object.entries(value) as [string, string][];
  throw new DataError(`${place}, "__metadata__"`, "names with texts", "something else", "Store texts alone.");
}

function entryOf(name: string, value: unknown, place: string): Entry {
  if (!isRecord(value)) throw new DataError(place, "dtype, shape and data_offsets", typeof value, again);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(dtypeBytes, dtype))
    throw new DataError(
      `${place}, dtype`,
      Object.keys(dtypeBytes).join(", "),
      typeof dtype === "string" ? shown(dtype) : typeof dtype,
      "Convert the tensor to one of these types.",
    );
  if (!isCounts(shape) || shape.length > mostDimensions)
    throw new DataError(`${place}, shape`, `up to ${mostDimensions} whole numbers`, listed(shape), again);
  if (!isCounts(offsets) || offsets.length !== 2)
    throw new DataError(`${place}, data_offsets`, "two whole numbers", listed(offsets), again);
  const [from, to] = offsets as [number, number];
  const known = dtype as Dtype;
  const bytes = shape.reduce((product, length) => product * length, dtypeBytes[known]);
  if (to - from !== bytes)
    throw new DataError(`${place}, data_offsets`, `${bytes} bytes for its shape`, `${from} to ${to}`, again);
  return { name, dtype: known, shape, from, to };
}

const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);

/** What stands in place of counts, as text of an error; of what is no number its type, as it may be nested deeply. */
function listed(value: unknown): string {
  if (!Array.isArray(value)) return typeof value;
  const texts = value
    .slice(0, mostDimensions + 1)
    .map((each) => (each === null || typeof each === "number" ? String(each) : typeof each));
  return `[${texts.join(", ")}]`;
}

/** The format allows no byte that belongs to two tensors, or to none. */
function checkCover(entries: readonly Entry[], dataBytes: number, place: string): void {
  let at = 0;
  for (const { name, from, to } of entries) {
    if (from !== at)
      throw new DataError(
        `${place}, tensor ${shown(name)}`,
        `to begin at byte ${at}, where the one before it ends`,
        String(from),
        again,
      );
    at = to;
  }
  if (at !== dataBytes)
    throw new DataError(place, `tensors of ${dataBytes} bytes, which follow the header`, String(at), again);
}
