import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FaultyServer, faultyServer } from "../catalog/fetch/faulty-server.fixture.ts";
import { type Ended, endPrograms, runProgramWith, startProgram } from "./program.fixture.ts";

let home: string;
let server: FaultyServer;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "kdaccel-data-command-"));
  // As long as MNIST's first file says it is; the bytes are others.
  server = await faultyServer(Buffer.alloc(9_912_422, 3));
});
afterEach(async () => {
  endPrograms();
  await server.close();
  rmSync(home, { recursive: true, force: true });
});

const env = { NO_PROXY: "127.0.0.1" };
const kdaccel = (...args: readonly string[]): Promise<Ended> =>
  runProgramWith(["data", ...args], { home, entry: "main.ts", env });
const folder = (): string => join(home, "data", "mnist");

describe("kdaccel data", () => {
  it("lists drawn sets and sets from files, for people and for programs", async () => {
    const { stdout } = await kdaccel("list");
    expect(stdout).toMatch(/^glyphs +drawn when needed/m);
    expect(stdout).toMatch(/^mnist +not here +11\.6 MB +70,000 handwritten digits/m);
    const { schema, sets } = JSON.parse((await kdaccel("list", "--json")).stdout);
    expect(schema).toBe("kdaccel/data/1");
    expect(sets).toContainEqual(
      expect.objectContaining({ name: "cifar-10", state: "absent", bytes: 170_052_171 }),
    );
  });

  it("refuses what is no set, or is never downloaded", async () => {
    const unknown = await kdaccel("add", "mnits");
    expect(unknown).toMatchObject({ code: 2, stdout: "" });
    expect(unknown.stderr).toContain('there is no data set "mnits"');
    const drawn = await kdaccel("add", "glyphs");
    expect(drawn.code).not.toBe(0);
    expect(drawn.stderr).toContain("glyphs is drawn when it is needed");
  });

  it("prints where a set's files belong", async () => {
    expect(await kdaccel("path", "mnist")).toMatchObject({ code: 0, stdout: `${folder()}\n` });
  });

  it("takes no wrong bytes from any server, and says what each one did", async () => {
    const mirrors = [server.url("wrong-bytes"), server.url("not-found")];
    const ended = await kdaccel("add", "mnist", "--mirror", ...mirrors);
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("wrong-bytes/train-images-idx3-ubyte.gz: the file has another SHA-256");
    expect(ended.stderr).toContain("not-found/train-images-idx3-ubyte.gz: answers with status 404");
    expect(ended.stderr).toContain("copy it into the folder");
    expect(ended.stderr).not.toContain("fault of kdaccel");
    expect(readdirSync(folder()).filter((name) => name.endsWith(".gz"))).toEqual([]);
  });

  it("keeps the part at Ctrl-C and says how to go on", async () => {
    const { child, ended, saysOnStderr } = startProgram(
      ["data", "add", "mnist", "--mirror", server.url("stalls")],
      { home, entry: "main.ts", env },
    );
    await saysOnStderr("train-images-idx3-ubyte.gz (9.9 MB)");
    while (server.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    const part = join(folder(), "train-images-idx3-ubyte.gz.part");
    while (!existsSync(part)) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill("SIGINT");
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toMatch(
      /interrupted; [\d.]+ [kM]B of train-images-idx3-ubyte.gz are kept\n`kdaccel data add mnist`/,
    );
    expect(existsSync(part)).toBe(true);
    expect((await kdaccel("list")).stdout).toMatch(/^mnist +partly here/m);
    expect((await kdaccel("remove", "mnist")).stdout).toBe("mnist was removed\n");
    expect(existsSync(folder())).toBe(false);
  });

  it("checks files that are already there, and names the byte where one is wrong", async () => {
    mkdirSync(folder(), { recursive: true });
    const sizes = {
      "train-images": [9_912_422, 3],
      "train-labels": [28_881, 1],
      "t10k-images": [1_648_877, 3],
      "t10k-labels": [4542, 1],
    };
    for (const [name, [bytes = 0, dimensions]] of Object.entries(sizes)) {
      const packed = gzipSync(Buffer.from([9, 9, 9, 9]));
      // Extra zeros behind a gzip member are allowed: the size is right, the content is not.
      const file = Buffer.concat([packed, Buffer.alloc(bytes - packed.length)]);
      writeFileSync(join(folder(), `${name}-idx${dimensions}-ubyte.gz`), file);
    }
    const ended = await kdaccel("add", "mnist");
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain(
      "train-images-idx3-ubyte.gz, byte 0: expected the four bytes 0x00000803; found",
    );
    expect(ended.stderr).toContain("download it again");
  });
});
