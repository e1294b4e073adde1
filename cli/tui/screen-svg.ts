/**
 * A terminal's screen as an SVG: each run of like cells is a text of exactly its columns, so that a font with other
 * widths, or a Chinese fallback font, still stands in the grid.
 */
import type { ScreenCell } from "./terminal.fixture.ts";

// A cell of 8.4 x 18 at 14 px is what common monospace fonts have (advance 0.6 em).
const cellWidth = 8.4;
const cellHeight = 18;
const fontSize = 14;
const margin = 14;
const barHeight = 28;

// Colours 0-15 of a calm dark scheme with at least 4.5:1 contrast of text on the background (WCAG 2.2, 1.4.3).
const palette = [
  "#3b4252",
  "#e06c75",
  "#98c379",
  "#e5c07b",
  "#6cb0f2",
  "#c792ea",
  "#56c8d8",
  "#d5dae3",
  "#7f8a9e",
  "#ff8f98",
  "#b5e08f",
  "#ffd88a",
  "#93c8ff",
  "#dcb0ff",
  "#7fe3f0",
  "#ffffff",
] as const;
const foreground = "#d5dae3";
const background = "#1b2029";

/** The picture of a screen, with a title in the window's bar. */
export function screenSvg(cells: readonly (readonly ScreenCell[])[], title: string): string {
  const columns = cells[0]?.length ?? 0;
  const width = round(columns * cellWidth + 2 * margin);
  const height = round(cells.length * cellHeight + 2 * margin + barHeight);
  const rows = cells.flatMap((row, at) => rowSvg(row, barHeight + margin + at * cellHeight));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${background}"/>`,
    `<path d="M0 8a8 8 0 0 1 8-8h${width - 16}a8 8 0 0 1 8 8v${barHeight - 8}H0z" fill="#262c37"/>`,
    ...["#e06c75", "#e5c07b", "#98c379"].map(
      (colour, at) => `<circle cx="${18 + at * 18}" cy="${barHeight / 2}" r="5" fill="${colour}"/>`,
    ),
    `<g font-family="ui-monospace,'DejaVu Sans Mono','Cascadia Mono',Menlo,Consolas,'Noto Sans Mono CJK SC',monospace" font-size="${fontSize}" fill="${foreground}" xml:space="preserve">`,
    ...rows,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

interface Run {
  readonly column: number;
  readonly columns: number;
  readonly text: string;
  readonly like: ScreenCell;
}

function rowSvg(row: readonly ScreenCell[], top: number): string[] {
  const runs = runsOf(row);
  const texts = runs.flatMap(wordsOf);
  return [...runs.flatMap((run) => backgroundSvg(run, top)), ...texts.flatMap((run) => textSvg(run, top))];
}

/** A run cut where it has two spaces or more: browsers make one of them, and stretch the letters to the length. */
function wordsOf(run: Run): Run[] {
  if (run.like.underline || run.columns !== run.text.length) return [run];
  return [...run.text.matchAll(/\S+(?: \S+)*/g)].map(({ 0: text, index }) => {
    return { ...run, column: run.column + index, columns: text.length, text };
  });
}

/** Neighbouring cells of one look; wide characters stand alone, because no font makes them exactly two cells wide. */
function runsOf(row: readonly ScreenCell[]): Run[] {
  const runs: Run[] = [];
  let column = 0;
  for (const cell of row) {
    const text = cell.text === "" ? " " : cell.text;
    const last = runs.at(-1);
    if (cell.width === 0) continue;
    const joins =
      last && cell.width === 1 && last.columns === [...last.text].length && alike(last.like, cell);
    if (joins) {
      runs[runs.length - 1] = { ...last, columns: last.columns + 1, text: last.text + text };
    } else {
      runs.push({ column, columns: cell.width, text, like: cell });
    }
    column += cell.width;
  }
  return runs;
}

function alike(a: ScreenCell, b: ScreenCell): boolean {
  return (
    a.colour === b.colour &&
    a.background === b.background &&
    a.bold === b.bold &&
    a.dim === b.dim &&
    a.inverse === b.inverse &&
    a.underline === b.underline
  );
}

function backgroundSvg({ column, columns, like }: Run, top: number): string[] {
  const colour = like.inverse ? colourOf(like.colour, foreground) : colourOf(like.background, undefined);
  if (colour === undefined) return [];
  const x = round(margin + column * cellWidth);
  return [
    `<rect x="${x}" y="${top}" width="${round(columns * cellWidth + 0.3)}" height="${cellHeight}" fill="${colour}"/>`,
  ];
}

function textSvg({ column, columns, text, like }: Run, top: number): string[] {
  if (text.trim() === "" && !like.underline) return [];
  const shape = blockSvg(text, like, column, top);
  if (shape) return shape;
  const start = text.length - text.trimStart().length;
  const shown = text.trimEnd().slice(start);
  const x = round(margin + (column + start) * cellWidth);
  const length = round((columns - (text.length - shown.length)) * cellWidth);
  const colour = like.inverse ? background : colourOf(like.colour, undefined);
  const attributes = [
    `x="${x}" y="${round(top + cellHeight * 0.74)}" textLength="${length}"`,
    colour === undefined ? "" : `fill="${colour}"`,
    like.bold ? 'font-weight="bold"' : "",
    like.dim ? 'opacity="0.62"' : "",
    like.underline ? 'text-decoration="underline"' : "",
  ];
  const spacing = columns > 1 && [...text].length === columns ? ' lengthAdjust="spacing"' : "";
  return [`<text ${attributes.filter(Boolean).join(" ")}${spacing}>${escaped(shown)}</text>`];
}

// What is a shape and not a letter is drawn as one, because fonts leave gaps between rows and cells.
const shapes: Readonly<Record<string, { y: number; height: number; width: number }>> = {
  "█": { y: 0.1, height: 0.8, width: 1 },
  "▉": { y: 0.1, height: 0.8, width: 7 / 8 },
  "▊": { y: 0.1, height: 0.8, width: 6 / 8 },
  "▋": { y: 0.1, height: 0.8, width: 5 / 8 },
  "▌": { y: 0.1, height: 0.8, width: 4 / 8 },
  "▍": { y: 0.1, height: 0.8, width: 3 / 8 },
  "▎": { y: 0.1, height: 0.8, width: 2 / 8 },
  "▏": { y: 0.1, height: 0.8, width: 1 / 8 },
  "▒": { y: 0.1, height: 0.8, width: 1 },
  "━": { y: 0.44, height: 0.14, width: 1 },
  "─": { y: 0.48, height: 0.06, width: 1 },
  "│": { y: 0, height: 1, width: 0.12 },
  "┃": { y: 0, height: 1, width: 0.24 },
};

/** A run of block or line characters as rectangles, or undefined where the run holds anything else. */
function blockSvg(text: string, like: ScreenCell, column: number, top: number): string[] | undefined {
  const characters = [...text];
  if (!characters.every((character) => character === " " || shapes[character])) return undefined;
  const fill = colourOf(like.colour, foreground);
  const rects: { character: string; from: number; to: number }[] = [];
  characters.forEach((character, at) => {
    const last = rects.at(-1);
    if (last?.character === character && last.to === at && shapes[character]?.width === 1) last.to = at + 1;
    else if (character !== " ") rects.push({ character, from: at, to: at + 1 });
  });
  return rects.map(({ character, from, to }) => {
    const shape = shapes[character] ?? { y: 0, height: 1, width: 1 };
    const centred = shape.height === 1 ? (1 - shape.width) / 2 : 0;
    const x = round(margin + (column + from + centred) * cellWidth);
    // A whole cell reaches a little into the next one, or renderers show the seam.
    const width = round((to - from - 1 + shape.width) * cellWidth + (shape.width === 1 ? 0.3 : 0));
    const opacity = (like.dim ? 0.5 : 1) * (character === "▒" ? 0.6 : 1);
    return `<rect x="${x}" y="${round(top + shape.y * cellHeight)}" width="${width}" height="${round(shape.height * cellHeight)}" fill="${fill}"${opacity === 1 ? "" : ` opacity="${opacity}"`}/>`;
  });
}

function colourOf<Otherwise>(index: number | undefined, otherwise: Otherwise): string | Otherwise {
  return index === undefined ? otherwise : (palette[index] ?? otherwise);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
