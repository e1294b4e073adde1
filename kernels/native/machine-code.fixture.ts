/**
 * Hand-assembled functions for the tests of this room, in the calling convention of the system: the one argument is in
 * rdi, or in rcx on Windows.
 */

/** Whether such bytes can run here at all. */
export const runsHere = process.arch === "x64";

const windows = process.platform === "win32";
/** The r/m field of an operand [argument]. */
const argument = windows ? 0x01 : 0x07;

/** `mov dword [argument], value; ret` */
export function storing(value: number): Uint8Array {
  return Uint8Array.of(0xc7, argument, value & 0xff, (value >> 8) & 0xff, 0, 0, 0xc3);
}

/** `mov [argument], argument; ret`: shows what arrives in the register. */
export const echo = Uint8Array.of(0x48, 0x89, windows ? 0x09 : 0x3f, 0xc3);
