/** Topics, articles and the article's detail, side by side as far as they fit. */

import { Box } from "ink";
import { Fragment } from "react";
import { Detail, placeInText } from "../components/Detail.tsx";
import { List, placeIn } from "../components/List.tsx";
import { Gutter, Pane } from "../components/Pane.tsx";
import { TextInput } from "../components/TextInput.tsx";
import { blank, type Line, span } from "../line.ts";
import { gutter, libraryPanes, type PanePlace, paneRows } from "../model/layout.ts";
import { articleRows, isSearching } from "../model/library.ts";
import type { LibraryPane, State } from "../model/state.ts";
import { detailView } from "../model/views.ts";
import type { Source } from "../source.ts";
import { wrapped } from "../text/article-lines.ts";
import { articleLine, topicLine } from "../text/list-lines.ts";

/** The library screen. */
export function Library({ state, source }: { readonly state: State; readonly source: Source }) {
  const places = libraryPanes(state.size, state.library.pane);
  let left = 0;
  return (
    <Box>
      {places.map((place, at) => {
        const x = left;
        left += place.columns + gutter;
        return (
          <Fragment key={place.name}>
            {at > 0 && <Gutter rows={paneRows(state.size)} />}
            <LibraryPaneAt state={state} source={source} place={place} x={x} />
          </Fragment>
        );
      })}
    </Box>
  );
}

interface PaneAtProps {
  readonly state: State;
  readonly source: Source;
  readonly place: PanePlace<LibraryPane>;
  readonly x: number;
}

function LibraryPaneAt(props: PaneAtProps) {
  switch (props.place.name) {
    case "topics":
      return <Topics {...props} />;
    case "articles":
      return <Articles {...props} />;
    case "detail":
      return <Article {...props} />;
  }
}

function Topics({ state, place: { columns } }: PaneAtProps) {
  const { library, size, titles } = state;
  const { topics, topic } = library;
  const focused = library.pane === "topics";
  return (
    <Pane title="Topics" note={placeIn(topic, topics.length)} focused={focused} columns={columns}>
      <List
        rows={topics}
        cursor={topic}
        height={paneRows(size)}
        columns={columns}
        focused={focused}
        line={(row, width) => topicLine(row, width, titles)}
        empty={[blank]}
      />
    </Pane>
  );
}

function Articles({ state, source, place: { columns }, x }: PaneAtProps) {
  const { library, titles } = state;
  const { articles, article, found, total } = library;
  const focused = library.pane === "articles";
  const searching = isSearching(library);
  const note = searching ? `${found} of ${total}` : placeIn(article, articles.length);
  return (
    <Pane title={titleOf(state)} note={note} focused={focused} columns={columns}>
      {searching && (
        // The field is the third row of the screen: tabs and the pane's title are above it.
        <TextInput
          prompt="/ "
          field={library.query}
          columns={columns}
          x={x}
          y={2}
          active={library.typing && !state.overlay}
        />
      )}
      <List
        rows={articles}
        cursor={article}
        height={articleRows(state)}
        columns={columns}
        focused={focused}
        line={(row, width) =>
          articleLine(row, width, titles, source.experimentsFor({ article: row.number }).length)
        }
        empty={nothingFound(state, columns)}
      />
    </Pane>
  );
}

/** The pane says what is listed and searched: the topic's name, or all articles. */
function titleOf({ library, titles }: State): string {
  const row = library.topics[library.topic.selected];
  return row?.id ? row.title[titles] : "Articles";
}

function nothingFound({ library }: State, columns: number): Line[] {
  if (library.query.text === "") return wrapped("No article has this topic.", columns - 2, "muted", "  ");
  const { suggestion } = library;
  const help = suggestion === undefined ? "Esc clears the search." : `Did you mean ${suggestion}?`;
  return [blank, [span("  Nothing found.", "heading")], ...wrapped(help, columns - 2, "muted", "  ")];
}

function Article({ state, place: { columns } }: PaneAtProps) {
  const { library } = state;
  const view = detailView(state);
  const article = library.detail ? `Article ${library.detail.number}` : "Article";
  const title = library.subject === "topic" ? "About the topic" : article;
  return (
    <Pane
      title={title}
      note={placeInText(view, library.scroll)}
      focused={library.pane === "detail"}
      columns={columns}
    >
      <Detail view={view} top={library.scroll} columns={columns} />
    </Pane>
  );
}
