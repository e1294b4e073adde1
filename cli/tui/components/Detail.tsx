/** A scrolling text in a pane. */
import type { View } from "../model/views.ts";
import { Lines } from "./Lines.tsx";

/** The visible lines of a text. */
export function Detail({ view, top, columns }: { view: View; top: number; columns: number }) {
  return <Lines lines={view.lines.slice(top, top + view.rows)} columns={columns} rows={view.rows} />;
}

/** `24 %`, `top`, `end`: where in a text one is; nothing where all of it is visible. */
export function placeInText({ lines, rows }: View, top: number): string {
  const most = lines.length - rows;
  if (most <= 0) return "";
  if (top === 0) return "top";
  return top >= most ? "end" : `${Math.round((100 * top) / most)} %`;
}
