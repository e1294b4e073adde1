/**
 * Colours by what they mean. A command says "this is an id", never "this is cyan", so that NO_COLOR, a pipe and a
 * terminal without colours are decided here alone. `styleText` follows NO_COLOR, FORCE_COLOR and isTTY of the stream.
 */
import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

// The sixteen basic colours only: they follow the reader's own light or dark scheme.
const formats = {
  heading: "bold",
  id: "cyan",
  muted: "dim",
  link: "underline",
  match: ["bold", "yellow"],
  confirmed: "green",
  refuted: "red",
  inconclusive: "yellow",
  warning: "yellow",
  failure: "red",
} as const satisfies Record<string, Format>;

/** What a text means. */
export type Meaning = keyof typeof formats;

/** One colouring function for each meaning. */
export type Theme = Readonly<Record<Meaning, (text: string) => string>>;

/** The theme of a stream: with colours on a terminal that shows them, else the texts as they are. */
export function themeFor(stream: NodeJS.WriteStream): Theme {
  const entries = Object.entries(formats).map(([meaning, format]) => [
    meaning,
    (text: string) => styleText(format as Format, text, { stream }),
  ]);
  return Object.fromEntries(entries) as Theme;
}
