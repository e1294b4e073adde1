/** Draws lines, each exactly as wide as its pane: the only place where roles become colours. */
import { Box, Text } from "ink";
import { fitted, type Line } from "../line.ts";
import { lookOf } from "../theme.ts";

export interface LinesProps {
  readonly lines: readonly Line[];
  readonly columns: number;
  /** Rows to fill; missing ones are empty. */
  readonly rows: number;
}

/** Lines from the top of a box, cut and filled to its size. */
export function Lines({ lines, columns, rows }: LinesProps) {
  const shown = lines.slice(0, rows);
  return (
    <Box flexDirection="column" width={columns} height={rows} flexShrink={0}>
      {shown.map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row of the screen is its position
        <OneLine key={at} line={line} columns={columns} />
      ))}
    </Box>
  );
}

/** One line of text in its colours. */
export function OneLine({ line, columns }: { readonly line: Line; readonly columns: number }) {
  return (
    <Text wrap="truncate">
      {fitted(line, columns).map((piece, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a piece of a line is its position
        <Text key={at} {...lookOf(piece.role)}>
          {piece.text}
        </Text>
      ))}
    </Text>
  );
}
