/** Every screen for a screen reader: plain sentences one below the other. */
import { Box, Text } from "ink";
import type { State } from "../model/state.ts";
import type { Source } from "../source.ts";
import { linearLines } from "../text/linear-lines.ts";

/** The sentences of the moment. */
export function Linear({ state, source }: { readonly state: State; readonly source: Source }) {
  return (
    <Box flexDirection="column">
      {linearLines(state, source).map((line, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a sentence is its position
        <Text key={at}>{line}</Text>
      ))}
    </Box>
  );
}
