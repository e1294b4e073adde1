/**
 * Takes files of known name and size out of a packed tar archive (POSIX ustar, gzip). Nothing else of the archive gets to
 * the disk: no folders, links or other names, so it cannot write where it should not or fill the disk.
 */
import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { createGunzip } from "node:zlib";
import { DownloadError } from "./download.ts";

export interface Member {
  /** Last part of its path in the archive, and its name in the folder. */
  readonly name: string;
  readonly bytes: number;
}

const block = 512;

/** @throws DownloadError if the archive is broken or lacks a member; then none of the unfinished files stays */
export async function unpackMembers(
  archive: string,
  folder: string,
  members: readonly Member[],
): Promise<void> {
  const left = new Map(members.map((member) => [member.name, member.bytes]));
  const source = createReadStream(archive);
  const unpacked = source.pipe(createGunzip());
  source.on("error", (error) => unpacked.destroy(error));
  const reader = new Chunks(unpacked);
  try {
    for (
      let header = await reader.take(block);
      header.some((byte) => byte !== 0);
      header = await reader.take(block)
    ) {
      const { name, size, regular } = parseHeader(header, archive);
      const wanted = regular ? left.get(name) : undefined;
      if (wanted !== undefined && wanted !== size)
        throw broken(archive, `${name} of ${wanted} bytes`, `${size} bytes`);
      if (wanted !== undefined) await extract(reader, size, join(folder, name));
      else await reader.pass(size, async () => {});
      await reader.pass((block - (size % block)) % block, async () => {});
      if (wanted !== undefined) left.delete(name);
      if (left.size === 0) return;
    }
  } catch (error) {
    if (error instanceof DownloadError) throw error;
    throw broken(archive, "a whole gzip archive", (error as Error).message, error);
  } finally {
    source.destroy();
    unpacked.destroy();
  }
  throw broken(archive, `the files ${[...left.keys()].join(", ")}`, "an archive without them");
}

async function extract(reader: Chunks, size: number, target: string): Promise<void> {
  const part = `${target}.part`;
  const file = await open(part, "w");
  try {
    await reader.pass(size, async (bytes) => {
      await file.write(bytes);
    });
    await file.sync();
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(part, target);
}

function parseHeader(header: Uint8Array, archive: string): { name: string; size: number; regular: boolean } {
  const text = (from: number, length: number): string =>
    Buffer.from(header.subarray(from, from + length))
      .toString("latin1")
      .replace(/\0.*$/s, "");
  const octal = (from: number, length: number): number => Number.parseInt(text(from, length).trim(), 8);
  // The sum of all bytes with its own field as spaces (POSIX pax, "ustar interchange format").
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0);
  const size = octal(124, 12);
  if (octal(148, 8) !== sum || !Number.isSafeInteger(size) || size < 0)
    throw broken(archive, "a tar header with its checksum", "other bytes");
  const type = text(156, 1);
  return { name: basename(text(0, 100)), size, regular: type === "0" || type === "" };
}

/** A stream of bytes, taken piece by piece. */
class Chunks {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** The next `count` bytes. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(count);
    let at = 0;
    await this.pass(count, async (piece) => {
      bytes.set(piece, at);
      at += piece.length;
    });
    return bytes;
  }

  /** Hands the next `count` bytes on in pieces. */
  async pass(count: number, use: (piece: Uint8Array) => Promise<void>): Promise<void> {
    for (let left = count; left > 0; ) {
      if (this.#rest.length === 0) {
        const { value, done } = await this.#source.next();
        if (done) throw new Error("it ends too early");
        this.#rest = value;
      }
      const piece = this.#rest.subarray(0, left);
      await use(piece);
      left -= piece.length;
      this.#rest = this.#rest.subarray(piece.length);
    }
  }
}

function broken(archive: string, expected: string, found: string, cause?: unknown): DownloadError {
  return new DownloadError(
    `${archive}: expected ${expected}; found ${found}`,
    "Delete the file and run the command again.",
    cause,
  );
}
