import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheFolder } from "./cache-folder.ts";
import { installCommand, loadPackage, packageVersion, peersFolder } from "./packages.ts";
import type { Peer } from "./peer.ts";
import { findPeers, peerById, peers } from "./peers.ts";
import { PeerUnavailable } from "./unavailable.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kdaccel-peers-"));
  writeFileSync(join(folder, "package.json"), '{"name":"any"}');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function install(name: string, source: string): void {
  const place = join(folder, "node_modules", name);
  mkdirSync(place, { recursive: true });
  writeFileSync(
    join(place, "package.json"),
    JSON.stringify({ name, version: "4.5.6", exports: { ".": "./index.cjs" } }),
  );
  writeFileSync(join(place, "index.cjs"), source);
}

describe("a package of the peers' folder", () => {
  it("is loaded from there, and its version read although it does not export it", () => {
    install("some-runtime", "exports.answer = 42;");
    expect(loadPackage<{ answer: number }>("some", "some-runtime", folder).answer).toBe(42);
    expect(packageVersion("some", "some-runtime", folder)).toBe("4.5.6");
  });

  it("that is absent is told in one line with the command that installs it", () => {
    const line = `some does not take part: package absent is not installed. Install it: ${installCommand(folder, "absent")}.`;
    expect(() => loadPackage("some", "absent", folder)).toThrow(line);
    expect(() => packageVersion("some", "absent", folder)).toThrow(line);
    expect(line).not.toContain("\n");
  });

  it("that does not load tells its own reason", () => {
    install("broken", 'throw new Error("no binary for this system\\nat some place");');
    expect(() => loadPackage("some", "broken", folder)).toThrow(
      /package broken does not load \(no binary for this system\)\./,
    );
  });

  it("is looked for in the folder that KDACCEL_PEERS names, else in this room", () => {
    expect(peersFolder({ KDACCEL_PEERS: folder })).toBe(folder);
    expect(peersFolder({})).toBe(join(import.meta.dirname, "/"));
  });

  it("is installed by a command that can be typed", () => {
    const room = join(process.cwd(), "kernels", "peers");
    expect(installCommand(room, "any")).toMatch(/^npm install --prefix kernels.peers$/);
    expect(installCommand("/a folder/of mine", "some-runtime")).toBe(
      'npm install --ignore-scripts --prefix "/a folder/of mine" some-runtime',
    );
  });
});

describe("looking for peers", () => {
  const peer = (id: string, describe: Peer["describe"]): Peer => ({
    id,
    title: id,
    describe,
    prepare: () => Promise.reject(new Error("not asked for")),
  });
  const here = peer("here", async () => ({ peer: "here", version: "1", detail: "any" }));
  const absent = peer("gone", () =>
    Promise.reject(new PeerUnavailable("gone", "no such file", "Install it")),
  );

  it("goes on without those that are absent, with a line for each", async () => {
    expect(await findPeers([absent, here])).toEqual({
      found: [{ peer: "here", version: "1", detail: "any" }],
      missing: ["gone does not take part: no such file. Install it."],
    });
  });

  it("does not take a mistake for an absent library", async () => {
    const mistaken = peer("odd", () => Promise.reject(new TypeError("x is undefined")));
    await expect(findPeers([here, mistaken])).rejects.toThrow("x is undefined");
  });

  it("knows each by the name of its variant, once", () => {
    expect(new Set(peers.map(({ id }) => id)).size).toBe(peers.length);
    for (const one of peers) expect(peerById(one.id)).toBe(one);
    expect(() => peerById("mkl")).toThrow('found peer "mkl"');
  });
});

describe("what is remembered", () => {
  const home = "/home/somebody";
  it.each([
    ["KDACCEL_HOME", { KDACCEL_HOME: "/data" }, "linux", join("/data", "cache")],
    ["XDG_CACHE_HOME", { XDG_CACHE_HOME: "/var/caches" }, "linux", join("/var/caches", "kdaccel")],
    ["the default", { XDG_CACHE_HOME: "relative" }, "linux", join(home, ".cache", "kdaccel")],
    ["macOS", {}, "darwin", join(home, "Library", "Caches", "kdaccel")],
  ] as const)("lies where %s says", (_, env, platform, expected) => {
    expect(cacheFolder({ env, platform, home })).toBe(expected);
  });
});
