/** The run that was started here: how far it is, and its results as they come. */
import { Box } from "ink";
import { Detail, placeInText } from "../components/Detail.tsx";
import { Lines } from "../components/Lines.tsx";
import { Pane } from "../components/Pane.tsx";
import { runHeadRows } from "../model/layout.ts";
import type { LiveRun, State } from "../model/state.ts";
import { liveView } from "../model/views.ts";
import type { Source } from "../source.ts";
import { liveHead } from "../text/run-lines.ts";

/** The screen of the live run. */
export function Run({ state, source, live }: { state: State; source: Source; live: LiveRun }) {
  const { columns } = state.size;
  const view = liveView(state, source);
  const title = `${live.id ?? "Run"}  ${live.title}, ${live.profile} profile`;
  return (
    <Pane title={title} note={placeInText(view, live.scroll)} focused columns={columns}>
      <Lines lines={liveHead(live.progress, live.status, columns)} columns={columns} rows={runHeadRows} />
      <Box>
        <Detail view={view} top={live.scroll} columns={columns} />
      </Box>
    </Pane>
  );
}
