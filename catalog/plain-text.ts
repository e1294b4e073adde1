/**
 * Text from outside made plain: what a terminal would obey, what reorders a line and what cannot be seen is removed.
 * Titles, messages and pages pass through here before they reach a screen or a report.
 */
import { stripVTControlCharacters } from "node:util";

// Bidi controls reorder the text around them (Trojan Source, Boucher & Anderson 2021); line separators break a table;
// U+FEFF, tag characters, and the interlinear and soft-hyphen marks are invisible, so two ids could look the same.
const unsafe =
  /[\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;
const loneSurrogate = /\p{Surrogate}/gu;

/** One line of text without escape sequences, control and bidi characters; line breaks and tabs become spaces. */
export function sanitise(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\s+/gu, " ")
    .replace(unsafe, "")
    .replace(loneSurrogate, "\ufffd");
}

/** As `sanitise`, but line breaks stay: for text that has paragraphs. */
export function sanitiseLines(text: string): string {
  return text
    .split(/\r\n|[\n\r\u2028\u2029]/u)
    .map(sanitise)
    .join("\n");
}
