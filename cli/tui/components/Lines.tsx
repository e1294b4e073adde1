/** Draws lines, cut to their pane: the only place where roles become colours. */
import { Box, Text } from "ink";
import { type Line, type Span, shortened } from "../line.ts";
import { lookOf } from "../theme.ts";

export interface LinesProps {
  readonly lines: readonly Line[];
  readonly columns: number;
  /** Rows to fill; missing ones are empty. */
  readonly rows: number;
}

/** Lines from the top of a box, cut to its size. All of them are one text, because each text is laid out by itself. */
export function Lines({ lines, columns, rows }: LinesProps) {
  const shown = lines.slice(0, rows).map((line) => shortened(line, columns));
  return (
    <Box width={columns} height={rows} flexShrink={0}>
      <Spans spans={joined(shown)} />
    </Box>
  );
}

/** One line of text in its colours. */
export function OneLine({ line, columns }: { readonly line: Line; readonly columns: number }) {
  return (
    <Box width={columns} height={1} flexShrink={0}>
      <Spans spans={shortened(line, columns)} />
    </Box>
  );
}

function Spans({ spans }: { readonly spans: readonly Span[] }) {
  return (
    <Text>
      {spans.map((piece, at) =>
        piece.role === undefined ? (
          piece.text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a piece of a text is its position
          <Text key={at} {...lookOf(piece.role)}>
            {piece.text}
          </Text>
        ),
      )}
    </Text>
  );
}

/** The lines as one run of spans with line breaks, neighbours of one role joined. */
function joined(lines: readonly Line[]): Span[] {
  const spans: Span[] = [];
  const add = (piece: Span): void => {
    const last = spans.at(-1);
    if (last && last.role === piece.role) spans[spans.length - 1] = { ...last, text: last.text + piece.text };
    else spans.push(piece);
  };
  lines.forEach((line, at) => {
    if (at > 0) add({ text: "\n" });
    // An empty line is a space, or Ink would not give it a row.
    for (const piece of line.length > 0 ? line : [{ text: " " }]) add(piece);
  });
  return spans;
}
