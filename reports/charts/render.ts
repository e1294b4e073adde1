/**
 * From a Vega-Lite specification to SVG text. The same specification gives the same bytes on every machine: no canvas
 * takes part, so widths of texts are estimated here. The libraries take 0.3 s to load and are loaded on first use.
 */
import stringWidth from "string-width";
import type { TopLevelSpec } from "vega-lite";

/**
 * Draws a chart. Marks that need a clip path (rounded corners) are not used: Vega numbers those through all charts that a
 * process draws, so their bytes would depend on what was drawn before.
 *
 * @returns a whole SVG document, ending in a line break
 */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  estimateWidths(vega);
  const view = new vega.View(vega.parse(compile(spec, { logger: vega.logger(vega.Error) }).spec), {
    renderer: "none",
  });
  try {
    return `${await view.toSVG()}\n`;
  } finally {
    view.finalize();
  }
}

/** The part of vega-scenegraph that is exported but not in its types. */
interface TextMetrics {
  width(item: { readonly fontSize?: number }, text: unknown): number;
}

// Mean advance of a Latin letter in the sans-serif fonts of the theme is 0.55 to 0.6 em (DejaVu Sans, the widest, 0.6);
// a Chinese character takes one em, which is two columns.
const emPerColumn = 0.6;

/** Vega's own estimate is 0.8 em for each character, which leaves wide gaps beside Latin and cuts Chinese labels. */
function estimateWidths(vega: object): void {
  const { textMetrics } = vega as { readonly textMetrics: TextMetrics };
  textMetrics.width = ({ fontSize = 11 }, text) => {
    const columns = Array.isArray(text) ? Math.max(0, ...text.map(lineColumns)) : lineColumns(text);
    return Math.ceil(columns * emPerColumn * fontSize);
  };
}

function lineColumns(line: unknown): number {
  return line === null || line === undefined ? 0 : stringWidth(String(line));
}
