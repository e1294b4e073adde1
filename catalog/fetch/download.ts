/**
 * One file of known size and digest from the first of several servers that has it: resumed where an earlier try ended,
 * never more bytes than expected, and put in its place only when the digest is right. What a server says is not trusted.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { type Dispatcher, EnvHttpProxyAgent } from "undici";
import { answerOf, type BodyStart, MirrorError } from "./answer.ts";

/** What is to be had, and where. */
export interface Wanted {
  /** Tried in order. */
  readonly urls: readonly string[];
  readonly bytes: number;
  /** Hexadecimal SHA-256 of the whole file. */
  readonly sha256: string;
}

export interface DownloadOptions {
  /** Stops at once and keeps what has come. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** How long a server may send nothing (default 20 s). */
  readonly stallMilliseconds?: number;
  /** How often the list of servers is gone through (default 3), and the pause after the first round, doubled after each. */
  readonly rounds?: number;
  readonly pauseMilliseconds?: number;
  /** What sends requests; by default it follows HTTP_PROXY, HTTPS_PROXY and NO_PROXY. */
  readonly dispatcher?: Dispatcher;
}

export interface DownloadProgress {
  readonly url: string;
  /** Bytes that are there, those of earlier tries included. */
  readonly received: number;
  readonly total: number;
  /** Why the server before was given up. */
  readonly trouble?: string;
}

/** No server had the file as it must be, or it could not be stored; says what each one did. */
export class DownloadError extends Error {
  readonly remedy: string;

  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "DownloadError";
    this.remedy = remedy;
  }
}

/** The user stopped it; the part stays. */
export class DownloadInterrupted extends Error {
  readonly received: number;

  constructor(received: number) {
    super(`interrupted after ${received} bytes`);
    this.name = "DownloadInterrupted";
    this.received = received;
  }
}

/**
 * Brings the file to `target`; while it is not whole it lies in `target.part`.
 * @throws DownloadError if no server gave it, DownloadInterrupted if the signal came
 */
export async function download(wanted: Wanted, target: string, options: DownloadOptions = {}): Promise<void> {
  const { rounds = 3, pauseMilliseconds = 1000, signal } = options;
  const dispatcher = options.dispatcher ?? new EnvHttpProxyAgent();
  const troubles = new Map<string, string>();
  const hopeless = new Set<string>();
  const part = `${target}.part`;
  try {
    for (let round = 0; round < rounds; round++) {
      if (round > 0) await pause(pauseMilliseconds * 2 ** (round - 1), undefined, { signal });
      for (const url of wanted.urls.filter((each) => !hopeless.has(each))) {
        const failed = await tryMirror(url, wanted, part, { ...options, dispatcher });
        if (!failed) return await rename(part, target);
        troubles.set(url, failed.message);
        if (failed.final) hopeless.add(url);
        options.onProgress?.({
          url,
          received: await sizeOf(part),
          total: wanted.bytes,
          trouble: failed.message,
        });
      }
      if (wanted.urls.every((url) => hopeless.has(url))) break;
    }
  } catch (error) {
    if (signal?.aborted) throw new DownloadInterrupted(await sizeOf(part));
    throw storeError(error, part);
  } finally {
    if (!options.dispatcher) await dispatcher.destroy();
  }
  const each = wanted.urls.map((url) => `${url}: ${troubles.get(url) ?? "not tried"}`);
  throw new DownloadError(
    ["no server gave the file", ...each].join("\n  "),
    "Try again later (what has come is kept), or fetch the file yourself and copy it into the folder.",
  );
}

type Ready = DownloadOptions & { readonly dispatcher: Dispatcher };

/** The part is whole afterwards, or this is why not. Errors of the disk and of the signal are thrown. */
async function tryMirror(
  url: string,
  wanted: Wanted,
  part: string,
  options: Ready,
): Promise<MirrorError | undefined> {
  try {
    const isHere = (await sizeOf(part)) === wanted.bytes;
    const start = isHere ? wanted.bytes : await receive(url, wanted, part, options);
    await requireDigest(part, wanted.sha256, start === 0);
    await rm(validatorFile(part), { force: true });
    return undefined;
  } catch (error) {
    if (error instanceof MirrorError) return error;
    throw error;
  }
}

/** @returns which byte of the file this server began with */
async function receive(url: string, wanted: Wanted, part: string, options: Ready): Promise<number> {
  const have = await resumable(part, wanted.bytes);
  const known = have > 0 ? await validatorOf(part, url) : undefined;
  const { onProgress, signal, dispatcher, stallMilliseconds = 20_000 } = options;
  const body = await answerOf(url, {
    from: have,
    bytes: wanted.bytes,
    dispatcher,
    stallMilliseconds,
    ...(signal && { signal }),
    ...(known && { validator: known }),
  });
  await writeFile(validatorFile(part), JSON.stringify({ url, validator: body.validator }));
  const file = await open(part, body.start > 0 ? "r+" : "w");
  try {
    await store(file, body, wanted.bytes, (received) => onProgress?.({ url, received, total: wanted.bytes }));
  } finally {
    await file.close();
  }
  return body.start;
}

async function store(
  file: FileHandle,
  body: BodyStart,
  total: number,
  report: (received: number) => void,
): Promise<void> {
  let received = body.start;
  report(received);
  for await (const chunk of body.chunks()) {
    if (received + chunk.length > total) {
      // What is there may be of another file: the next try begins anew.
      await file.truncate(0);
      throw new MirrorError(`sends more than the ${total} bytes of the file`, true);
    }
    await file.write(chunk, 0, chunk.length, received);
    received += chunk.length;
    report(received);
  }
  if (received < total) throw new MirrorError(`ended after ${received} of ${total} bytes`, false);
  await file.sync();
}

/** Where this server sent the whole file, asking it again is of no use; else the part began with other bytes. */
async function requireDigest(part: string, sha256: string, whole: boolean): Promise<void> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(part)) hash.update(chunk as Buffer);
  const found = hash.digest("hex");
  if (found === sha256) return;
  await rm(part, { force: true });
  throw new MirrorError(`the file has another SHA-256: expected ${sha256}, found ${found}`, whole);
}

/** How many bytes of the part can be kept: none of one that is longer than the file. */
async function resumable(part: string, total: number): Promise<number> {
  const have = await sizeOf(part);
  return have < total ? have : 0;
}

const validatorFile = (part: string): string => `${part}.json`;

/** What this very server had said of its version when the part was begun. */
async function validatorOf(part: string, url: string): Promise<string | undefined> {
  try {
    const kept: unknown = JSON.parse(await readFile(validatorFile(part), "utf8"));
    const { url: from, validator } = kept as { url?: unknown; validator?: unknown };
    return from === url && typeof validator === "string" ? validator : undefined;
  } catch {
    // Without it the digest alone decides whether the pieces belong together.
    return undefined;
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => undefined))?.size ?? 0;
}

function storeError(error: unknown, part: string): Error {
  const { code, message } = error as NodeJS.ErrnoException;
  const what = code === "ENOSPC" ? "no space is left on the disk" : message;
  return new DownloadError(
    `${part} could not be written: ${what}`,
    "Make room or choose another folder by KDACCEL_HOME; what has come is kept.",
    error,
  );
}
