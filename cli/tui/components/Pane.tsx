/** A pane: the rule with its title, and what it holds. */
import { Box } from "ink";
import type { ReactNode } from "react";
import { titleLine } from "../text/title-line.ts";
import { OneLine } from "./Lines.tsx";

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

/** The line between two panes. */
export function Gutter({ rows }: { readonly rows: number }) {
  const line = [{ text: " │ ", role: "axis" }] as const;
  return (
    <Box flexDirection="column" width={3} flexShrink={0}>
      <OneLine line={[{ text: "   " }]} columns={3} />
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all rows are the same
        <OneLine key={row} line={line} columns={3} />
      ))}
    </Box>
  );
}
