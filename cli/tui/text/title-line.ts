/** The rule above a pane with its title: heavy where the keys act, light elsewhere, so that focus needs no colour. */
import { type Line, lineColumns, span } from "../line.ts";

/** `━━ Articles ━━━━━━ 12 of 68 ━` in so many columns. */
export function titleLine(title: string, note: string, focused: boolean, columns: number): Line {
  const rule = focused ? "━" : "─";
  const role = focused ? "focus" : "axis";
  const head: Line = [{ text: `${rule}${rule} `, role }, span(title, focused ? "focus" : "heading")];
  const tail: Line = note ? [span(note, focused ? "focus" : "muted"), { text: ` ${rule}`, role }] : [];
  const room = columns - lineColumns(head) - lineColumns(tail) - 2;
  if (room < 0) return head;
  return [...head, { text: ` ${rule.repeat(room)} `, role }, ...tail];
}
