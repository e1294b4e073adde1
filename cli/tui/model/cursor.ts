/**
 * Where one is in a long list: the selected row and the first visible one. Only visible rows are ever drawn, because
 * a frame taller than the screen flickers.
 */

export interface Cursor {
  readonly selected: number;
  /** The first visible row. */
  readonly top: number;
}

const moves = ["up", "down", "page-up", "page-down", "first", "last"] as const;

/** A movement by its key; a page is as many rows as are visible, less one that stays as a landmark. */
export type Move = (typeof moves)[number];

/** Whether a command is a movement. */
export function isMove(command: string): command is Move {
  return (moves as readonly string[]).includes(command);
}

export const atTop: Cursor = { selected: 0, top: 0 };

// Rows of context that stay visible above and below the selected one.
const margin = 2;

/** The cursor after a movement over `count` rows of which `height` are visible. */
export function moved(cursor: Cursor, move: Move, count: number, height: number): Cursor {
  const page = Math.max(1, height - 1);
  const target = {
    up: cursor.selected - 1,
    down: cursor.selected + 1,
    "page-up": cursor.selected - page,
    "page-down": cursor.selected + page,
    first: 0,
    last: count - 1,
  }[move];
  return settled({ ...cursor, selected: target }, count, height);
}

/** The cursor on an existing row, with that row in view. */
export function settled(cursor: Cursor, count: number, height: number): Cursor {
  const selected = clamp(cursor.selected, 0, count - 1);
  const room = Math.min(margin, Math.floor((height - 1) / 2));
  const lowest = Math.max(0, selected + room - height + 1);
  const highest = Math.max(0, selected - room);
  const top = clamp(clamp(cursor.top, lowest, highest), 0, count - height);
  return { selected, top };
}

/** The first visible line of a text after a movement; texts have no selected line. */
export function scrolled(top: number, move: Move, count: number, height: number): number {
  const page = Math.max(1, height - 1);
  const target = {
    up: top - 1,
    down: top + 1,
    "page-up": top - page,
    "page-down": top + page,
    first: 0,
    last: count,
  }[move];
  return clamp(target, 0, count - height);
}

/** Between low and high; low where they cross. */
export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
