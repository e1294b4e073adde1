/**
 * Padding that is executed: the fewest instructions that do nothing. Apart because encoder and listing both need it.
 * Reference: Intel SDM volume 2B, NOP, table 4-12, "recommended multi-byte sequence".
 */

const rows: readonly (readonly [text: string, bytes: readonly number[]])[] = [
  ["nop", [0x90]],
  ["xchg ax,ax", [0x66, 0x90]],
  ["nop DWORD PTR [rax]", [0x0f, 0x1f, 0x00]],
  ["nop DWORD PTR [rax+0x0]", [0x0f, 0x1f, 0x40, 0x00]],
  ["nop DWORD PTR [rax+rax*1+0x0]", [0x0f, 0x1f, 0x44, 0x00, 0x00]],
  ["nop WORD PTR [rax+rax*1+0x0]", [0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00]],
  ["nop DWORD PTR [rax+0x0]", [0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00]],
  ["nop DWORD PTR [rax+rax*1+0x0]", [0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00]],
  ["nop WORD PTR [rax+rax*1+0x0]", [0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00]],
];

/** So many bytes of padding, one element an instruction. */
export function nops(size: number): (readonly number[])[] {
  if (size === 0) return [];
  const row = rows[Math.min(size, rows.length) - 1] as (typeof rows)[number];
  return [row[1], ...nops(size - row[1].length)];
}

/** How such an instruction is written, by its length. */
export function nopText(length: number): string {
  return rows[length - 1]?.[0] ?? "nop";
}
