/**
 * From a URL to the bytes of its body, from a given byte on: redirects, what the status means for a resumed download, and
 * whether the length that a server announces can be right. Separate from download.ts: here nothing is stored.
 */
import type { Dispatcher } from "undici";

/** Why a server was given up. */
export class MirrorError extends Error {
  /** Whether asking it again is of no use. */
  readonly final: boolean;

  constructor(message: string, final: boolean, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "MirrorError";
    this.final = final;
  }
}

export interface Asked {
  /** Bytes that are there already. */
  readonly from: number;
  /** Size of the whole file. */
  readonly bytes: number;
  /** Strong ETag or date of what the bytes that are there came from. */
  readonly validator?: string;
  readonly stallMilliseconds: number;
  readonly signal?: AbortSignal;
  readonly dispatcher: Dispatcher;
}

export interface BodyStart {
  /** Which byte of the file comes first: `from`, or 0 where the server sends all of it. */
  readonly start: number;
  readonly validator?: string;
  /** @throws MirrorError where the connection stalls or breaks */
  chunks(): AsyncGenerator<Uint8Array>;
}

// Browsers follow twenty; a file server needs one or two.
const mostRedirects = 5;

/** Asks for the rest of a file. @throws MirrorError for anything but a body that can be it */
export async function answerOf(url: string, asked: Asked): Promise<BodyStart> {
  let at = httpUrl(url);
  for (let redirects = 0; redirects <= mostRedirects; redirects++) {
    const answer = await send(at, asked);
    const { statusCode, headers } = answer;
    const location = headers.location;
    if (statusCode < 300 || statusCode >= 400 || typeof location !== "string") return bodyOf(answer, asked);
    await discard(answer);
    const next = httpUrl(location, at);
    if (at.protocol === "https:" && next.protocol === "http:")
      throw new MirrorError("redirects from https to http", true);
    at = next;
  }
  throw new MirrorError(`redirects more than ${mostRedirects} times`, true);
}

async function send(url: URL, asked: Asked): Promise<Dispatcher.ResponseData> {
  const { from, validator, stallMilliseconds, signal, dispatcher } = asked;
  const headers = {
    "accept-encoding": "identity",
    "user-agent": "kdaccel",
    ...(from > 0 && { range: `bytes=${from}-` }),
    ...(from > 0 && validator && { "if-range": validator }),
  };
  try {
    return await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: "GET",
      headers,
      headersTimeout: stallMilliseconds,
      bodyTimeout: stallMilliseconds,
      ...(signal && { signal }),
    });
  } catch (cause) {
    throw troubleOf(cause, asked);
  }
}

async function bodyOf(answer: Dispatcher.ResponseData, asked: Asked): Promise<BodyStart> {
  const start = startOf(answer, asked);
  if (start instanceof MirrorError) {
    await discard(answer);
    throw start;
  }
  const validator = strongValidator(answer.headers);
  const pieces = arriving(answer.body);
  return {
    start,
    ...(validator && { validator }),
    async *chunks() {
      try {
        yield* pieces;
      } catch (cause) {
        throw troubleOf(cause, asked);
      } finally {
        answer.body.on("error", () => {});
        answer.body.destroy();
      }
    },
  };
}

// Chunks have up to 64 KB: two megabytes wait at most while the disk is slower than the network.
const mostWaiting = 32;

/**
 * What has come of a body, piece by piece. A broken stream drops what it had not handed out, so an iterator that waits for
 * the disk would lose the end of each try and might never get on: here everything is taken when it comes.
 */
function arriving(body: Dispatcher.ResponseData["body"]): AsyncGenerator<Uint8Array> {
  const waiting: Uint8Array[] = [];
  let over: { readonly error?: Error } | undefined;
  let wake = (): void => {};
  body.on("data", (chunk: Uint8Array) => {
    waiting.push(chunk);
    if (waiting.length >= mostWaiting) body.pause();
    wake();
  });
  const end = (error?: Error): void => {
    over ??= error ? { error } : {};
    wake();
  };
  body.once("end", () => end()).once("error", end);
  body.once("close", () => end(new Error("the connection was closed")));
  return (async function* () {
    for (;;) {
      const chunk = waiting.shift();
      if (chunk) yield chunk;
      else if (over?.error) throw over.error;
      else if (over) return;
      else {
        body.resume();
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  })();
}

/** Which byte the body begins with, or what is wrong with the answer. */
function startOf(
  { statusCode, headers }: Dispatcher.ResponseData,
  { from, bytes }: Asked,
): number | MirrorError {
  if (statusCode === 206) {
    const [, first, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(String(headers["content-range"])) ?? [];
    if (Number(first) !== from) return new MirrorError("answers with another part than asked for", true);
    return total === "*" || Number(total) === bytes ? from : wrongSize(total, bytes);
  }
  if (statusCode === 200) {
    const length = headers["content-length"];
    return length === undefined || Number(length) === bytes ? 0 : wrongSize(String(length), bytes);
  }
  // Too many requests, time-outs and troubles of a server pass; that it has no such file does not.
  const passes = statusCode === 408 || statusCode === 429 || statusCode >= 500;
  return new MirrorError(`answers with status ${statusCode}`, !passes);
}

function wrongSize(found: string | undefined, bytes: number): MirrorError {
  return new MirrorError(`has a file of ${found} bytes, not of ${bytes}`, true);
}

/** What If-Range may carry (RFC 9110, section 13.1.5): no weak ETag. */
function strongValidator(headers: Dispatcher.ResponseData["headers"]): string | undefined {
  const { etag, "last-modified": date } = headers;
  if (typeof etag === "string" && !etag.startsWith("W/")) return etag;
  return typeof date === "string" ? date : undefined;
}

function httpUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined;
  if (url && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new MirrorError(`leads to ${text}, which is no http or https address`, true);
}

async function discard({ body }: Dispatcher.ResponseData): Promise<void> {
  await body.dump({ limit: 65_536 }).catch(() => undefined);
}

function troubleOf(cause: unknown, { signal, stallMilliseconds }: Asked): unknown {
  if (signal?.aborted || cause instanceof MirrorError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const stalled = code === "UND_ERR_BODY_TIMEOUT" || code === "UND_ERR_HEADERS_TIMEOUT";
  const what = stalled
    ? `sent nothing for ${stallMilliseconds / 1000} s`
    : message || code || "connection failed";
  return new MirrorError(what, false, cause);
}
