/**
 * Colours by what they mean, as Ink's text properties. The sixteen basic colours only: they follow the reader's own
 * light or dark scheme. Nothing is told by colour alone: marks, words and weights of rules say the same, because with
 * NO_COLOR everything here is off.
 */
import type { TextProps } from "ink";

type Look = Pick<TextProps, "color" | "bold" | "dimColor" | "inverse" | "underline">;

const looks = {
  heading: { bold: true },
  id: { color: "cyan" },
  muted: { dimColor: true },
  link: { color: "blue", underline: true },
  match: { color: "yellow", bold: true },
  focus: { color: "cyan", bold: true },
  /** The row the keys act on. */
  selected: { color: "cyan", inverse: true },
  /** The chosen row of a pane without focus. */
  chosen: { bold: true },
  key: { color: "cyan" },
  bar: { color: "green" },
  interval: { color: "yellow" },
  axis: { dimColor: true },
  confirmed: { color: "green" },
  refuted: { color: "red" },
  inconclusive: { color: "yellow" },
  running: { color: "cyan" },
  warning: { color: "yellow" },
  failure: { color: "red" },
} as const satisfies Record<string, Look>;

/** What a piece of text means. */
export type Role = keyof typeof looks;

/** How a role looks; nothing special without one. */
export function lookOf(role: Role | undefined): Look {
  return role === undefined ? {} : looks[role];
}
