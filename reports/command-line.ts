/**
 * Arguments as a line that a shell reads back: for "run it anew" and for reports.
 */

/** `kdaccel bench --topic tiling`; arguments with anything but plain characters in single quotes. */
export function commandLine(args: readonly string[]): string {
  return ["kdaccel", ...args].map(quoted).join(" ");
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
