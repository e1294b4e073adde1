/** Comma-separated values (RFC 4180, with line feeds): quoted only where needed, numbers in full precision. */

/** A value of a cell; null and undefined are empty. */
export type CsvValue = string | number | boolean | null | undefined;

/** A header and rows as text; each line ends in a line feed. */
export function csv<Row>(
  columns: readonly (readonly [title: string, value: (row: Row) => CsvValue])[],
  rows: readonly Row[],
): string {
  const header = columns.map(([title]) => quoted(title)).join(",");
  const lines = rows.map((row) => columns.map(([, value]) => quoted(String(value(row) ?? ""))).join(","));
  return [header, ...lines, ""].join("\n");
}

function quoted(value: string): string {
  return /[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
