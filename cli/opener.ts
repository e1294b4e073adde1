/**
 * Hands a link to the program that the desktop opens links with. The link is one argument of a process, never part of a
 * shell's command line.
 */
import { spawn } from "node:child_process";

/** A program and its arguments. */
export interface Opener {
  readonly command: string;
  readonly args: readonly string[];
}

/** What opens a web page on this system; undefined for other links, and where no desktop could show it. */
export function openerFor(
  link: string,
  platform: NodeJS.Platform = process.platform,
  env: NodeJS.ProcessEnv = process.env,
): Opener | undefined {
  // Openers start any program that a scheme belongs to; only web pages are meant.
  if (!/^https?:\/\//i.test(link)) return undefined;
  if (platform === "darwin") return { command: "open", args: [link] };
  // `start` is a built-in of the shell; this is the call behind it.
  if (platform === "win32") return { command: "rundll32", args: ["url.dll,FileProtocolHandler", link] };
  if (env.WSL_DISTRO_NAME) return { command: "wslview", args: [link] };
  const desktop = env.DISPLAY || env.WAYLAND_DISPLAY;
  return desktop ? { command: "xdg-open", args: [link] } : undefined;
}

// An opener that cannot open ends at once with an error; one that can may stay as long as the browser does.
const patienceMilliseconds = 1500;

/** Starts an opener; whether it seems to have worked. */
export function start({ command, args }: Opener): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "ignore", detached: true });
    const timer = setTimeout(() => done(true), patienceMilliseconds);
    const done = (worked: boolean): void => {
      clearTimeout(timer);
      child.unref();
      resolve(worked);
    };
    child.once("error", () => done(false));
    child.once("exit", (code) => done(code === 0));
  });
}
