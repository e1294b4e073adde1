/**
 * The screen as plain sentences for a screen reader: where one is, the chosen row, the text below it, and the keys. No
 * rules, no columns, no bars; figures in words.
 */
import { bindingsOf, keyName } from "../keys.ts";
import { type Line, plain } from "../line.ts";
import { contextOf, holds, isTooSmall, type State } from "../model/state.ts";
import { detailView, helpView } from "../model/views.ts";
import type { Source } from "../source.ts";
import { choiceLines, exportLines, leaveLines } from "./dialog-lines.ts";
import { liveText } from "./frame-lines.ts";
import { articleLine, runLine, topicLine } from "./list-lines.ts";
import { runLines } from "./run-lines.ts";
import { storedRunLines } from "./stored-run-lines.ts";

// Long lines: the reader breaks them itself.
const columns = 200;
// What is read out at once; scrolling goes on from there.
const lines = 20;

/** The sentences of the moment, in reading order. */
export function linearLines(state: State, source: Source): string[] {
  // What is read out does not depend on the terminal's size.
  const roomy = isTooSmall(state.size) ? { ...state, size: { columns: 80, rows: 24 } } : state;
  const body = roomy.overlay ? dialogSentences(roomy) : screenSentences(roomy, source);
  const message = state.message ? [state.message.text] : [];
  return [...body, ...message, keySentence(roomy)]
    .map((line) => line.replace(/\s+/gu, " ").trim())
    .filter(Boolean);
}

function screenSentences(state: State, source: Source): string[] {
  if (state.screen === "run") return liveSentences(state, source);
  if (state.screen === "runs") return runsSentences(state, source);
  return librarySentences(state, source);
}

function librarySentences(state: State, source: Source): string[] {
  const { library, titles } = state;
  const { topics, topic, articles, article, query, typing } = library;
  const search = typing || query.text ? [`Search: ${query.text}, ${library.found} of ${library.total}`] : [];
  if (library.pane === "topics") {
    const row = topics[topic.selected];
    const text = row ? `${plain(topicLine(row, columns, titles))} articles` : "";
    return [`Topics, ${topic.selected + 1} of ${topics.length}:`, text];
  }
  if (library.pane === "articles") {
    const row = articles[article.selected];
    const place = articles.length === 0 ? "nothing found" : `${article.selected + 1} of ${articles.length}`;
    const experiments = row ? source.experimentsFor({ article: row.number }).length : 0;
    const text = row ? plain(articleLine(row, columns, titles, experiments)) : "";
    return [...search, `Articles, ${place}:`, text];
  }
  return [
    `${library.subject === "topic" ? "Topic" : "Article"}:`,
    ...window(detailView(state).lines, library.scroll),
  ];
}

function liveSentences({ live, titles }: State, source: Source): string[] {
  if (!live) return [];
  const title = (id: string): string => source.experimentTitle(id)[titles];
  const all = runLines(live.progress, { columns, title, linear: true });
  const top = live.follow ? Math.max(0, all.length - lines) : live.scroll;
  return [`Run ${live.id ?? ""}, ${live.title}, ${liveText(live)}.`, ...window(all, top)];
}

function runsSentences({ runs, titles }: State, source: Source): string[] {
  const { list, cursor, detail, pane, scroll } = runs;
  const row = list[cursor.selected];
  if (pane === "list" || !detail) {
    const place = list.length === 0 ? "none yet" : `${cursor.selected + 1} of ${list.length}`;
    return [`Runs, ${place}:`, row ? plain(runLine(row, columns)) : ""];
  }
  const title = (id: string): string => source.experimentTitle(id)[titles];
  return window(storedRunLines(detail, { columns, title, linear: true }), scroll);
}

function dialogSentences(state: State): string[] {
  const { overlay } = state;
  switch (overlay?.kind) {
    case "choose":
      return [overlay.title, ...choiceLines(state, overlay, columns).map(plain)];
    case "export":
      return [`Report of ${overlay.run}.`, ...exportLines(overlay.busy).map(plain), overlay.field.text];
    case "leave":
      return leaveLines(state.live?.id, columns).map(plain);
    default:
      return ["Keys:", ...helpView(state).lines.map(plain)];
  }
}

function keySentence(state: State): string {
  const shown = bindingsOf(contextOf(state), (condition) => holds(state, condition)).filter(
    ({ label }) => label,
  );
  return `Keys: ${shown.map(({ keys, label }) => `${keyName(keys[0] ?? "")} ${label}`).join(", ")}.`;
}

function window(text: readonly Line[], top: number): string[] {
  return text.slice(top, top + lines).map(plain);
}
