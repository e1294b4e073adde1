/**
 * From what Ink says of a key to the names that `keys.ts` uses. Separate so that the table knows nothing of Ink.
 */
import type { Key } from "ink";

const named: readonly (readonly [keyof Key, string])[] = [
  ["return", "enter"],
  ["escape", "escape"],
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageUp", "pageup"],
  ["pageDown", "pagedown"],
  ["home", "home"],
  ["end", "end"],
  ["backspace", "backspace"],
  ["delete", "delete"],
];

/** A pressed key: its name, and the text it types, if any. */
export interface Press {
  readonly key: string;
  readonly text: string;
}

/** The presses in one report of Ink, which joins characters that came together. */
export function pressesOf(input: string, key: Key): Press[] {
  if (key.tab) return [{ key: key.shift ? "shift-tab" : "tab", text: "" }];
  const special = named.find(([flag]) => key[flag] === true);
  if (special) return [{ key: special[1], text: "" }];
  if (key.ctrl) return [{ key: `ctrl-${input}`, text: "" }];
  if (key.meta || input === "") return [];
  return [...input].map((text) => {
    const control = controls[text];
    return control === undefined ? { key: text, text } : { key: control, text: text === " " ? " " : "" };
  });
}

// Characters that are keys also where they came together with others, as fast typing over a slow line does.
const controls: Readonly<Record<string, string>> = {
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\u007f": "backspace",
  " ": "space",
};
