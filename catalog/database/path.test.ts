import { join } from "node:path";
import { expect, it } from "vitest";
import { databasePath, type Surroundings } from "./path.ts";

const linux: Surroundings = { env: {}, platform: "linux", home: "/home/ada" };

it.each<[string, Surroundings, string]>([
  ["KDACCEL_HOME before everything", { ...linux, env: { KDACCEL_HOME: "/k", XDG_DATA_HOME: "/x" } }, "/k"],
  ["the XDG data folder", { ...linux, env: { XDG_DATA_HOME: "/x" } }, "/x/kdaccel"],
  [
    "the default where XDG_DATA_HOME is relative",
    { ...linux, env: { XDG_DATA_HOME: "x" } },
    "/home/ada/.local/share/kdaccel",
  ],
  [
    "the default where variables are empty",
    { ...linux, env: { KDACCEL_HOME: "", XDG_DATA_HOME: "" } },
    "/home/ada/.local/share/kdaccel",
  ],
  [
    "Application Support on macOS",
    { ...linux, platform: "darwin" },
    "/home/ada/Library/Application Support/kdaccel",
  ],
  ["LOCALAPPDATA on Windows", { ...linux, platform: "win32", env: { LOCALAPPDATA: "/l" } }, "/l/kdaccel"],
])("uses %s", (_name, surroundings, folder) => {
  expect(databasePath(surroundings)).toBe(join(folder, "kdaccel.db"));
});
