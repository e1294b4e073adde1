/** The library screen: topics, articles, search and the article that is read. */
import type { CommandId } from "../keys.ts";
import type { ArticleRow, Source } from "../source.ts";
import { atTop, type Cursor, isMove, type Move, moved, scrolled, settled } from "./cursor.ts";
import { openChoice } from "./dialogs.ts";
import { paneRows } from "./layout.ts";
import type { LibraryPane, LibraryState, State } from "./state.ts";
import { edited, fieldOf, isEdit, type TextField, typed } from "./text-field.ts";
import { detailView } from "./views.ts";

const panes: readonly LibraryPane[] = ["topics", "articles", "detail"];
/** The state with the topics and the first topic's articles read. */
export function withLibrary(state: State, source: Source): State {
  return withArticles(changed(state, { topics: source.topics() }), source);
}

/** The state after a command on the library screen. */
export function libraryCommand(state: State, command: CommandId, source: Source): State {
  const { library } = state;
  if (library.typing) return searchCommand(state, command, source);
  if (isMove(command)) return inPane(state, command, source);
  switch (command) {
    case "open":
      return opened(state);
    case "back":
      return wentBack(state, source);
    case "about":
      return library.about ? settledLibrary(changed(state, { pane: "detail" })) : state;
    case "next-pane":
      return focused(state, neighbour(library.pane, 1));
    case "previous-pane":
      return focused(state, neighbour(library.pane, -1));
    case "search":
      return startSearch(state, source);
    case "titles":
      return settledLibrary({ ...state, titles: state.titles === "en" ? "zh" : "en" });
    case "run":
      return openChoice(state, source);
    default:
      return state;
  }
}

/** The state after text was typed into the query. */
export function queryTyped(state: State, text: string, source: Source): State {
  return withQuery(state, typed(state.library.query, text), source);
}

/** The state with the counts and verdicts of the moment, everything else where it was. */
export function reloadLibrary(state: State, source: Source): State {
  const { detail, topics, topic } = state.library;
  const id = topics[topic.selected]?.id ?? null;
  const about = id === null ? undefined : source.topic(id);
  return changed(state, { about, detail: detail && source.article(detail.number) });
}

/** The state with cursors and scrolling inside their lists and texts. */
export function settledLibrary(state: State): State {
  const { library, size } = state;
  const rows = paneRows(size);
  const next = changed(state, {
    topic: settled(library.topic, library.topics.length, rows),
    article: settled(library.article, library.articles.length, articleRows(state)),
  });
  const view = detailView(next);
  return changed(next, { scroll: Math.max(0, Math.min(library.scroll, view.lines.length - view.rows)) });
}

/** Rows of the list of articles: one less while the search field is above it. */
export function articleRows({ library, size }: State): number {
  return paneRows(size) - (isSearching(library) ? 1 : 0);
}

/** Whether the search field is shown. */
export function isSearching({ typing, query }: LibraryState): boolean {
  return typing || query.text !== "";
}

function changed(state: State, part: Partial<LibraryState>): State {
  return { ...state, library: { ...state.library, ...part } };
}

function neighbour(pane: LibraryPane, step: 1 | -1): LibraryPane {
  return panes[(panes.indexOf(pane) + step + panes.length) % panes.length] ?? "topics";
}

function opened(state: State): State {
  const { pane, articles } = state.library;
  if (articles.length === 0) return state;
  return focused(state, pane === "topics" ? "articles" : "detail");
}

/** The state with another pane in focus; the detail tells of what that list has chosen. */
function focused(state: State, pane: LibraryPane): State {
  const { subject, about, scroll } = state.library;
  const next = pane === "detail" ? subject : pane === "topics" && about ? "topic" : "article";
  return settledLibrary(changed(state, { pane, subject: next, scroll: next === subject ? scroll : 0 }));
}

/** Detail to articles, articles to topics; a search is cleared on the way. Never out of the program. */
function wentBack(state: State, source: Source): State {
  const { pane, query, subject } = state.library;
  if (pane === "detail") return focused(state, subject === "topic" ? "topics" : "articles");
  if (query.text !== "") return clearSearch(state, source);
  return focused(state, "topics");
}

function inPane(state: State, move: Move, source: Source): State {
  const { library, size } = state;
  switch (library.pane) {
    case "topics": {
      const topic = moved(library.topic, move, library.topics.length, paneRows(size));
      if (topic.selected === library.topic.selected) return changed(state, { topic });
      return withArticles(changed(state, { topic }), source);
    }
    case "articles":
      return atArticle(
        state,
        moved(library.article, move, library.articles.length, articleRows(state)),
        source,
      );
    case "detail": {
      const { lines, rows } = detailView(state);
      return changed(state, { scroll: scrolled(library.scroll, move, lines.length, rows) });
    }
  }
}

function atArticle(state: State, article: Cursor, source: Source): State {
  const number = state.library.articles[article.selected]?.number;
  const { detail } = state.library;
  const same = number !== undefined && detail?.number === number;
  return changed(state, {
    article,
    detail: same ? detail : number === undefined ? undefined : source.article(number),
    subject: "article",
    scroll: same ? state.library.scroll : 0,
  });
}

function startSearch(state: State, source: Source): State {
  const { query, topic } = state.library;
  if (query.text !== "") return focused(changed(state, { typing: true }), "articles");
  const wide = changed(state, { typing: true, topic: atTop, topicBefore: topic });
  return withArticles(focused(wide, "articles"), source);
}

function searchCommand(state: State, command: CommandId, source: Source): State {
  const { library } = state;
  if (isEdit(command)) return withQuery(state, edited(library.query, command), source);
  if (command === "cancel") return clearSearch(state, source);
  if (command === "confirm") {
    return library.query.text === "" ? clearSearch(state, source) : changed(state, { typing: false });
  }
  if (!isMove(command)) return state;
  return atArticle(
    state,
    moved(library.article, command, library.articles.length, articleRows(state)),
    source,
  );
}

function clearSearch(state: State, source: Source): State {
  const { topicBefore } = state.library;
  return withArticles(
    changed(state, { query: fieldOf(""), typing: false, topic: topicBefore, suggestion: undefined }),
    source,
  );
}

function withQuery(state: State, query: TextField, source: Source): State {
  const same = query.text === state.library.query.text;
  const next = changed(state, { query });
  return same ? next : withArticles(next, source);
}

/** The state with the articles of the chosen topic that the query finds, the first of them chosen. */
function withArticles(state: State, source: Source): State {
  const { topics, topic, query } = state.library;
  const id = topics[topic.selected]?.id ?? null;
  const all = source.articles(id);
  const text = query.text.trim();
  const result = text === "" ? { rows: all, count: all.length, suggestion: undefined } : source.search(text);
  const articles = id === null ? result.rows : within(result.rows, all);
  const found = id === null ? result.count : articles.length;
  const about = id === null ? undefined : source.topic(id);
  const part = { articles, found, total: all.length, suggestion: result.suggestion, about };
  return focused(atArticle(changed(state, part), atTop, source), state.library.pane);
}

function within(found: readonly ArticleRow[], scope: readonly ArticleRow[]): ArticleRow[] {
  const numbers = new Set(scope.map(({ number }) => number));
  return found.filter(({ number }) => numbers.has(number));
}
