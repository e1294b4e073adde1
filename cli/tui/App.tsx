/** The whole screen: tabs, the screen of the moment, message, keys, and the dialog over them. */
import { Box, useInput, useIsScreenReaderEnabled, usePaste, useWindowSize } from "ink";
import { useEffect, useSyncExternalStore } from "react";
import { Dialogs } from "./components/Dialogs.tsx";
import { Lines, OneLine } from "./components/Lines.tsx";
import { fitted } from "./line.ts";
import { isTooSmall, type Size, type State } from "./model/state.ts";
import { update } from "./model/update.ts";
import { pressesOf } from "./press.ts";
import { Library } from "./screens/Library.tsx";
import { Linear } from "./screens/Linear.tsx";
import { Run } from "./screens/Run.tsx";
import { Runs } from "./screens/Runs.tsx";
import type { Source } from "./source.ts";
import type { Store } from "./store.ts";
import { footerLine, messageLines, tabsLine, tooSmallLines } from "./text/frame-lines.ts";

export interface AppProps {
  readonly store: Store;
  readonly source: Source;
}

/** The application. */
export function App({ store, source }: AppProps) {
  const state = useSized(store, source);
  useInput((input, key) => {
    for (const press of pressesOf(input, key)) store.act({ type: "press", press });
  });
  usePaste((text) => store.act({ type: "paste", text }));
  if (useIsScreenReaderEnabled()) return <Linear state={state} source={source} />;
  const { size } = state;
  if (isTooSmall(size)) return <Lines lines={tooSmallLines(size)} columns={size.columns} rows={size.rows} />;
  return (
    <Box flexDirection="column" width={size.columns} height={size.rows}>
      <OneLine line={tabsLine(state)} columns={size.columns} />
      <Box height={size.rows - 3} flexShrink={0}>
        <Screen state={state} source={source} />
      </Box>
      <OneLine line={[]} columns={size.columns} />
      <OneLine line={footerLine(state)} columns={size.columns} />
      <Dialogs state={state} />
      <Message state={state} />
    </Box>
  );
}

/** The message above the keys. One that takes several lines covers what is above it, as a dialog does. */
function Message({ state }: { readonly state: State }) {
  const { columns, rows } = state.size;
  const lines = messageLines(state);
  return (
    <Box position="absolute" left={0} top={rows - 1 - lines.length}>
      <Lines lines={lines.map((line) => fitted(line, columns))} columns={columns} rows={lines.length} />
    </Box>
  );
}

function Screen({ state, source }: { readonly state: State; readonly source: Source }) {
  if (state.screen === "run" && state.live) return <Run state={state} source={source} live={state.live} />;
  if (state.screen === "runs") return <Runs state={state} source={source} />;
  return <Library state={state} source={source} />;
}

/** The state at the terminal's size: at once, because a frame that is larger than the terminal would scroll it. */
function useSized(store: Store, source: Source): State {
  const state = useSyncExternalStore(store.subscribe, store.get);
  const { columns, rows } = useWindowSize();
  const same = state.size.columns === columns && state.size.rows === rows;
  useEffect(() => {
    if (!same) store.act({ type: "resize", size: { columns, rows } });
  }, [store, same, columns, rows]);
  const size: Size = { columns, rows };
  return same ? state : update(state, { type: "resize", size }, source).state;
}
