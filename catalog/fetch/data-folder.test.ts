import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Agent } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addDataSet, dataSetFolder, presenceOf, removeDataSet } from "./data-folder.ts";
import { type DataSource, dataSources } from "./data-sources.ts";
import { type FaultyServer, faultyServer } from "./faulty-server.fixture.ts";
import { type Member, unpackMembers } from "./unpack.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-data-folder-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A tar archive (POSIX ustar) of files, folders (`/` at the end) and links (`-> ` in the name). */
function tar(entries: readonly (readonly [name: string, content: Buffer])[]): Buffer {
  const blocks = entries.flatMap(([name, content]) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${content.length.toString(8).padStart(11, "0")}\0`, 124);
    header.write("        ", 148);
    header.write(name.endsWith("/") ? "5" : name.includes("link") ? "2" : "0", 156);
    header.write("ustar\0", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const one = Buffer.alloc(700, 1);
const two = Buffer.alloc(512, 2);
const members: readonly Member[] = [
  { name: "one.bin", bytes: 700 },
  { name: "two.bin", bytes: 512 },
];

describe("unpackMembers", () => {
  const archiveOf = (bytes: Buffer): string => {
    const path = join(folder, "archive.tar.gz");
    writeFileSync(path, bytes);
    return path;
  };
  const good = tar([
    ["set/", Buffer.alloc(0)],
    ["set/one.bin", one],
    ["../../escape.txt", Buffer.from("no")],
    ["set/link.bin", Buffer.alloc(0)],
    ["set/two.bin", two],
  ]);

  it("takes out the named files alone", async () => {
    await unpackMembers(archiveOf(gzipSync(good)), folder, members);
    expect(readdirSync(folder).toSorted()).toEqual(["archive.tar.gz", "one.bin", "two.bin"]);
    expect(readFileSync(join(folder, "one.bin")).equals(one)).toBe(true);
    expect(readFileSync(join(folder, "two.bin")).equals(two)).toBe(true);
    expect(existsSync(join(folder, "..", "..", "escape.txt"))).toBe(false);
  });

  it.each([
    [
      "lacks a file",
      gzipSync(tar([["one.bin", one]])),
      /expected the files two.bin; found an archive without/,
    ],
    ["has one of another size", gzipSync(tar([["one.bin", two]])), /one.bin of 700 bytes; found 512 bytes/],
    ["ends too early", gzipSync(good.subarray(0, 1300)), /it ends too early/],
    ["is a cut-off gzip", gzipSync(good).subarray(0, 60), /unexpected end of file/],
    ["is no gzip", good, /incorrect header check/],
    ["has a broken header", gzipSync(Buffer.alloc(2048, 65)), /tar header with its checksum/],
  ])("says so where an archive %s, and leaves no unfinished file", async (_, bytes, message) => {
    await expect(unpackMembers(archiveOf(bytes), folder, members)).rejects.toThrow(message);
    expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});

describe("a set's folder", () => {
  const archive = gzipSync(
    tar([
      ["set/one.bin", one],
      ["set/two.bin", two],
    ]),
  );
  const source: DataSource = {
    name: "small",
    page: "",
    mirrors: [],
    files: [
      {
        name: "all.tar.gz",
        bytes: archive.length,
        sha256: createHash("sha256").update(archive).digest("hex"),
        members,
      },
    ],
  };
  let server: FaultyServer;
  let dispatcher: Agent;
  beforeEach(async () => {
    server = await faultyServer(archive);
    dispatcher = new Agent();
  });
  afterEach(async () => {
    await dispatcher.destroy();
    await server.close();
  });

  it("is filled from a server, known as whole, and removed without the user's own files", async () => {
    const at = join(folder, "deep", "small");
    const mirrors = [server.url("not-found"), server.url("honest")];
    expect(presenceOf(source, at)).toBe("absent");
    const options = { folder: at, mirrors, dispatcher, pauseMilliseconds: 1 };
    await addDataSet(source, options);
    expect(readdirSync(at).toSorted()).toEqual(["one.bin", "two.bin"]);
    expect(presenceOf(source, at)).toBe("whole");
    const asked = server.asked.length;
    await addDataSet(source, options);
    expect(server.asked.length).toBe(asked);
    writeFileSync(join(at, "my notes.txt"), "mine");
    rmSync(join(at, "two.bin"));
    expect(presenceOf(source, at)).toBe("partly");
    expect(removeDataSet(source, at)).toBe(true);
    expect(readdirSync(at)).toEqual(["my notes.txt"]);
    expect(removeDataSet(source, at)).toBe(false);
  });

  it("counts a part of a download as partly there and removes it", () => {
    const at = join(folder, "small");
    mkdirSync(at);
    writeFileSync(join(at, "all.tar.gz.part"), "x");
    expect(presenceOf(source, at)).toBe("partly");
    expect(removeDataSet(source, at)).toBe(true);
    expect(existsSync(at)).toBe(false);
  });

  it("lies under the data folder", () => {
    expect(dataSetFolder("mnist").endsWith(join("data", "mnist"))).toBe(true);
  });
});

describe("the known sources", () => {
  it("have digests, sizes and addresses that can be ones, and no digest twice", () => {
    const files = dataSources.flatMap((source) => source.files);
    for (const { sha256, bytes } of files) {
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
      expect(bytes).toBeGreaterThan(1000);
    }
    expect(new Set(files.map(({ sha256 }) => sha256)).size).toBe(files.length);
    for (const { mirrors } of dataSources) {
      for (const mirror of mirrors) expect(new URL("file", mirror).href).toBe(`${mirror}file`);
    }
  });
});
