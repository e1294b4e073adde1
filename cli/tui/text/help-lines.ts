/** The help overlay: the keys of one view, from the registry. */
import { pad } from "../../terminal-text.ts";
import { bindingsOf, type Context, type Holds, keyName } from "../keys.ts";
import { type Line, span } from "../line.ts";

// The widest entry is "PgDn Ctrl-F Space".
const keyColumns = 19;

/** One line a binding of the context, as far as its keys or its sentence hold the filter. */
export function help(context: Context, filter: string, holds: Holds): Line[] {
  const wanted = filter.trim().toLowerCase();
  return bindingsOf(context, holds)
    .map(({ keys, help }) => ({ keys: keys.map(keyName).join(" "), help }))
    .filter((row) => `${row.keys} ${row.help}`.toLowerCase().includes(wanted))
    .map((row) => [span(pad(row.keys, keyColumns), "key"), span(row.help)]);
}
