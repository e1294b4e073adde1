/** The list of stored runs, and the one that is read. */

import { Box } from "ink";
import { Fragment } from "react";
import { Detail, placeInText } from "../components/Detail.tsx";
import { List, placeIn } from "../components/List.tsx";
import { Gutter, Pane } from "../components/Pane.tsx";
import { paneRows, runsPanes } from "../model/layout.ts";
import type { State } from "../model/state.ts";
import { storedRunView } from "../model/views.ts";
import type { Source } from "../source.ts";
import { wrapped } from "../text/article-lines.ts";
import { runLine } from "../text/list-lines.ts";

interface RunsProps {
  readonly state: State;
  readonly source: Source;
}

/** The screen of stored runs. */
export function Runs({ state, source }: RunsProps) {
  const { size, runs } = state;
  return (
    <Box>
      {runsPanes(size, runs.pane).map(({ name, columns }, at) => (
        <Fragment key={name}>
          {at > 0 && <Gutter rows={paneRows(size)} />}
          {name === "list" ? (
            <RunList state={state} columns={columns} />
          ) : (
            <StoredRun state={state} source={source} columns={columns} />
          )}
        </Fragment>
      ))}
    </Box>
  );
}

function RunList({ state, columns }: { readonly state: State; readonly columns: number }) {
  const { list, cursor, pane } = state.runs;
  const none = "Nothing was run yet. In the library, r runs what matches a topic or an article.";
  return (
    <Pane title="Runs" note={placeIn(cursor, list.length)} focused={pane === "list"} columns={columns}>
      <List
        rows={list}
        cursor={cursor}
        height={paneRows(state.size)}
        columns={columns}
        focused={pane === "list"}
        line={runLine}
        empty={wrapped(none, columns - 2, "muted", "  ")}
      />
    </Pane>
  );
}

function StoredRun({ state, source, columns }: RunsProps & { readonly columns: number }) {
  const { runs } = state;
  const view = storedRunView(state, source);
  const title = runs.detail ? `Run ${runs.detail.run.id}` : "Run";
  return (
    <Pane
      title={title}
      note={placeInText(view, runs.scroll)}
      focused={runs.pane === "detail"}
      columns={columns}
    >
      <Detail view={view} top={runs.scroll} columns={columns} />
    </Pane>
  );
}
