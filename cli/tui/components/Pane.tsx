/** A pane: the rule with its title, and what it holds. */
import { Box } from "ink";
import type { ReactNode } from "react";
import { blank, type Line } from "../line.ts";
import { gutter } from "../model/layout.ts";
import { titleLine } from "../text/title-line.ts";
import { Lines, OneLine } from "./Lines.tsx";

export interface PaneProps {
  readonly title: string;
  /** At the right end of the rule: how many, or where in the text. */
  readonly note?: string;
  readonly focused: boolean;
  readonly columns: number;
  readonly children: ReactNode;
}

/** A titled pane of so many columns. */
export function Pane({ title, note = "", focused, columns, children }: PaneProps) {
  return (
    <Box flexDirection="column" width={columns} flexShrink={0}>
      <OneLine line={titleLine(title, note, focused, columns)} columns={columns} />
      {children}
    </Box>
  );
}

/** The line between two panes, below their titles. */
export function Gutter({ rows }: { readonly rows: number }) {
  const line: Line = [{ text: " │ ", role: "axis" }];
  return (
    <Lines lines={[blank, ...Array.from({ length: rows }, () => line)]} columns={gutter} rows={rows + 1} />
  );
}
