import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { identityOf, isAlive } from "./process-identity.ts";

it("knows this process, and another one under its id", () => {
  expect(isAlive(identityOf())).toBe(true);
  const { pid, started } = identityOf();
  expect(isAlive({ pid, started: "" })).toBe(true);
  expect(isAlive({ pid, started: `1${started}` })).toBe(started === "");
});

it.runIf(process.platform === "linux")("counts a process that nobody has waited for as ended", async () => {
  // The shell becomes a sleep, which does not wait for the child that it never knew.
  const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 30"]);
  const pid = Number(String((await once(parent.stdout, "data"))[0]));
  const identity = identityOf(pid);
  expect(isAlive(identity)).toBe(true);
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8")))
    await new Promise((r) => setTimeout(r, 10));
  expect(isAlive(identity)).toBe(false);
  parent.kill();
  await once(parent, "exit");
});
