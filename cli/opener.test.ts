import { expect, it } from "vitest";
import { openerFor, start } from "./opener.ts";

const link = "https://example.org/a?b=1&c='2'";

it.each<[NodeJS.Platform, NodeJS.ProcessEnv, string | undefined]>([
  ["darwin", {}, "open"],
  ["win32", {}, "rundll32"],
  ["linux", { DISPLAY: ":0" }, "xdg-open"],
  ["linux", { WAYLAND_DISPLAY: "wayland-0" }, "xdg-open"],
  ["linux", { WSL_DISTRO_NAME: "Debian" }, "wslview"],
  ["linux", {}, undefined],
])("on %s with %j the opener is %s", (platform, env, command) => {
  const opener = openerFor(link, platform, env);
  expect(opener?.command).toBe(command);
  if (opener) expect(opener.args.at(-1)).toBe(link);
});

it("is none for what is no web page", () => {
  for (const other of ["file:///etc/passwd", "javascript:alert(1)", "calculator:", "--help"]) {
    expect(openerFor(other, "darwin", {})).toBeUndefined();
  }
});

it("tells an opener that worked from one that did not", async () => {
  const node = (script: string) => start({ command: process.execPath, args: ["-e", script] });
  expect(await node("process.exit(0)")).toBe(true);
  expect(await node("process.exit(4)")).toBe(false);
  expect(await start({ command: "no-such-program-anywhere", args: [] })).toBe(false);
});
