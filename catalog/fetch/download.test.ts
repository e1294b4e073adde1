import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DownloadError, DownloadInterrupted, type DownloadOptions, download } from "./download.ts";
import { type Behaviour, type FaultyServer, faultyServer } from "./faulty-server.fixture.ts";

// More than a socket's buffer, so that a broken connection breaks in the middle; 251 is prime: no two blocks are alike.
const content = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, at) => (at * at) % 251));
const sha256 = createHash("sha256").update(content).digest("hex");

let server: FaultyServer;
let dispatcher: Agent;
let folder: string;
let target: string;
beforeEach(async () => {
  server = await faultyServer(content);
  dispatcher = new Agent();
  folder = mkdtempSync(join(tmpdir(), "kdaccel-download-"));
  target = join(folder, "file.gz");
});
afterEach(async () => {
  await dispatcher.destroy();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function bring(behaviours: readonly Behaviour[], options: DownloadOptions = {}): Promise<void> {
  const urls = behaviours.map((behaviour) => server.url(behaviour));
  const quick = { dispatcher, rounds: 2, pauseMilliseconds: 1, stallMilliseconds: 1000 };
  return download({ urls, bytes: content.length, sha256 }, target, { ...quick, ...options });
}

/** The file is there and right, and nothing else is. */
function expectWhole(): void {
  expect(readFileSync(target).equals(content)).toBe(true);
  expect(readdirSync(folder)).toEqual(["file.gz"]);
}

/** A part as an earlier try leaves it. */
function leavePart(bytes: Buffer, from: Behaviour, validator = '"v1"'): void {
  writeFileSync(`${target}.part`, bytes);
  writeFileSync(`${target}.part.json`, JSON.stringify({ url: server.url(from), validator }));
}

describe("download", () => {
  it("brings a file and says how far it is", async () => {
    const received: number[] = [];
    await bring(["honest"], { onProgress: (progress) => received.push(progress.received) });
    expectWhole();
    expect(received.at(-1)).toBe(content.length);
    expect(received).toEqual(received.toSorted((a, b) => a - b));
  });

  it.each<[Behaviour, RegExp]>([
    ["stalls", /sent nothing for 1 s/],
    ["never-answers", /sent nothing for 1 s/],
    ["breaks", /closed|terminated|aborted|socket|reset/i],
    ["ends-early-unannounced", /ended after 1000 of 300000 bytes/],
    ["endless-unannounced", /sends more than the 300000 bytes/],
    ["announces-more", /has a file of 300001 bytes, not of 300000/],
    ["wrong-bytes", /another SHA-256: expected/],
    ["redirects-for-ever", /redirects more than 5 times/],
    ["redirects-to-a-file", /no http or https address/],
    ["not-found", /status 404/],
    ["busy", /status 503/],
  ])("goes on with the next server where one %s", async (behaviour, trouble) => {
    const troubles: string[] = [];
    await bring([behaviour, "honest"], {
      onProgress: (progress) => {
        if (progress.trouble) troubles.push(progress.trouble);
      },
    });
    expectWhole();
    expect(troubles.length).toBe(1);
    expect(troubles[0]).toMatch(trouble);
  });

  it("follows redirects", async () => {
    await bring(["redirects"]);
    expectWhole();
  });

  it("goes on where the same server broke off, and ends though it breaks every time", async () => {
    // Each try brings half of what is left: after twelve rounds less than a hundred bytes are.
    await expect(bring(["breaks"], { rounds: 12, pauseMilliseconds: 0 })).rejects.toThrow(DownloadError);
    expect(statSync(`${target}.part`).size).toBeGreaterThan(content.length - 200);
    const ranges = server.asked.map(({ headers }) => headers.range);
    expect(ranges.slice(0, 2)).toEqual([undefined, "bytes=150000-"]);
    expect(server.asked[1]?.headers["if-range"]).toBe('"v1"');
    await bring(["honest"]);
    expectWhole();
  });

  it("asks for the rest only, of another server without a condition", async () => {
    leavePart(content.subarray(0, 250_000), "stalls");
    await bring(["honest"]);
    expectWhole();
    expect(server.asked[0]?.headers).toMatchObject({ range: "bytes=250000-" });
    expect(server.asked[0]?.headers["if-range"]).toBeUndefined();
  });

  it.each<Behaviour>(["ignores-range", "other-version"])(
    "begins anew where a server %s",
    async (behaviour) => {
      leavePart(Buffer.alloc(1000, 1), behaviour);
      await bring([behaviour]);
      expectWhole();
      expect(server.asked.length).toBe(1);
    },
  );

  it("throws a part away whose beginning was of another file, and asks again for all of it", async () => {
    leavePart(Buffer.alloc(1000, 1), "honest");
    await bring(["honest"]);
    expectWhole();
    expect(server.asked.map(({ headers }) => headers.range)).toEqual(["bytes=1000-", undefined]);
  });

  it("takes a part that is whole without asking, and one that is too long for nothing", async () => {
    leavePart(content, "honest");
    await bring(["honest"]);
    expectWhole();
    expect(server.asked).toEqual([]);
    leavePart(Buffer.concat([content, content]), "honest");
    await bring(["honest"]);
    expectWhole();
  });

  it("does not believe a server that sends another part than asked for", async () => {
    leavePart(content.subarray(0, 1000), "other-range");
    await expect(bring(["other-range"])).rejects.toThrow(/another part than asked for/);
    expect(statSync(`${target}.part`).size).toBe(1000);
    await bring(["no-range-there", "honest"]);
    expectWhole();
  });

  it("asks no server twice of which nothing can be hoped, and names what each one did", async () => {
    const failed = bring(["not-found", "wrong-bytes", "busy"]);
    await expect(failed).rejects.toThrow(
      /not-found: answers with status 404\n.*wrong-bytes: the file has another/,
    );
    expect(server.asked.map(({ path }) => path)).toEqual(["not-found", "wrong-bytes", "busy", "busy"]);
    expect(existsSync(target)).toBe(false);
  });

  it("keeps what has come when it is interrupted, and goes on from there", async () => {
    const stopping = new AbortController();
    const interrupted = bring(["stalls"], {
      signal: stopping.signal,
      stallMilliseconds: 60_000,
      onProgress: ({ received }) => {
        if (received >= 150_000) stopping.abort();
      },
    });
    await expect(interrupted).rejects.toThrow(DownloadInterrupted);
    expect(statSync(`${target}.part`).size).toBe(150_000);
    await bring(["honest"]);
    expectWhole();
    expect(server.asked.at(-1)?.headers.range).toBe("bytes=150000-");
  });

  it("says what cannot be stored", async () => {
    target = join(folder, "no-such-folder", "file.gz");
    await expect(bring(["honest"])).rejects.toThrow(/file.gz.part could not be written: ENOENT/);
  });
});
