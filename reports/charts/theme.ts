/**
 * How charts look. One solid card with dark ink, because a forge shows the same file on a white and on a black page;
 * colours are those of Okabe & Ito (2008), which stay apart for colour-blind readers, darkened until each has a
 * contrast of at least 3:1 on the card (WCAG 2.2, 1.4.11).
 */
import type { Config } from "vega-lite";

/** Paper, ink and lines. */
export const ink = {
  card: "#f7f8fa",
  text: "#1b1f24",
  muted: "#57606a",
  grid: "#d8dee4",
  ceiling: "#a3293d",
} as const;

/** Colours of series, in the order in which they are given out. */
export const palette = ["#0969a8", "#b45309", "#0b7a5c", "#a2457f", "#5b5fc7", "#6b5d00", "#3d8bb5"] as const;

/** Each target has one colour in every chart. */
export const targetColours: Readonly<Record<string, string>> = {
  wasm: palette[0],
  js: palette[1],
  native: palette[2],
  peer: palette[5],
};

// Fonts that a forge's reader has, with Chinese ones for each system; names with spaces are quoted for CSS.
const font =
  "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif";

/** Widths in pixels: the whole stays below 900, which a forge shows without scaling. */
export const plot = { width: 720, height: 340 } as const;

export const fontSizes = { title: 16, text: 12, small: 11 } as const;

/** What all charts share. */
export const config: Config = {
  background: ink.card,
  padding: 18,
  font,
  // The image has one description; a label for each mark would only swell the file.
  aria: false,
  title: {
    anchor: "start",
    frame: "group",
    color: ink.text,
    fontSize: fontSizes.title,
    fontWeight: 600,
    offset: 14,
    subtitleColor: ink.muted,
    subtitleFontSize: fontSizes.text,
    subtitlePadding: 6,
  },
  view: { stroke: null },
  axis: {
    labelColor: ink.text,
    labelFontSize: fontSizes.text,
    labelLimit: 320,
    titleColor: ink.muted,
    titleFontSize: fontSizes.text,
    titleFontWeight: "normal",
    titlePadding: 10,
    gridColor: ink.grid,
    domainColor: ink.muted,
    tickColor: ink.muted,
  },
  legend: { labelColor: ink.text, labelFontSize: fontSizes.text, title: null, orient: "top", offset: 6 },
  header: { labelColor: ink.text, labelFontSize: fontSizes.text, labelFontWeight: 600, labelLimit: 320 },
  text: { color: ink.text, fontSize: fontSizes.text },
};
