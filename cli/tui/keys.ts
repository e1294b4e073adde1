/**
 * Every command of the terminal UI with the keys attached: the matcher, the help overlay and the footer all read this
 * table, so a key works exactly where it is shown.
 */

/** What the keys act on: a pane of a screen, a text field or a dialog. */
export type Context =
  | "topics"
  | "articles"
  | "detail"
  | "search"
  | "run"
  | "runs"
  | "run-detail"
  | "choose"
  | "export"
  | "leave"
  | "help"
  | "too-small";

export type CommandId =
  | "up"
  | "down"
  | "page-up"
  | "page-down"
  | "first"
  | "last"
  | "open"
  | "about"
  | "back"
  | "next-pane"
  | "previous-pane"
  | "search"
  | "run"
  | "stop"
  | "runs"
  | "library"
  | "live"
  | "export"
  | "titles"
  | "confirm"
  | "cancel"
  | "next-profile"
  | "previous-profile"
  | "left"
  | "right"
  | "start"
  | "end"
  | "backspace"
  | "delete"
  | "delete-word"
  | "clear"
  | "help"
  | "quit"
  | "interrupt";

/** What must be the case for a command to make sense; what is not is neither shown nor obeyed. */
export type Condition = "running" | "ended" | "has-run" | "searching";

export interface Binding {
  readonly command: CommandId;
  /** Names as `press.ts` gives them; the first two are shown. */
  readonly keys: readonly string[];
  readonly in: readonly Context[];
  /** What it does, as the help overlay says it. */
  readonly help: string;
  /** One or two words for the footer; without them it is not shown there. */
  readonly label?: string;
  readonly when?: Condition;
}

const lists: readonly Context[] = ["topics", "articles", "runs"];
const texts: readonly Context[] = ["detail", "run", "run-detail"];
const panes: readonly Context[] = [...lists, ...texts];
const besideOthers: readonly Context[] = panes.filter((pane) => pane !== "run");
const fields: readonly Context[] = ["search", "export", "help"];
const everywhere: readonly Context[] = [...panes, ...fields, "choose", "leave", "too-small"];

/** All bindings, in the order in which footer and help list them. */
export const bindings: readonly Binding[] = [
  {
    command: "confirm",
    keys: ["enter"],
    in: ["search"],
    help: "keep the matches and go to them",
    label: "keep",
  },
  { command: "confirm", keys: ["enter"], in: ["choose"], help: "start the run", label: "start" },
  { command: "confirm", keys: ["enter"], in: ["export"], help: "write the report", label: "write" },
  {
    command: "confirm",
    keys: ["y", "enter"],
    in: ["leave"],
    help: "stop the run and quit",
    label: "stop and quit",
  },
  { command: "cancel", keys: ["escape"], in: ["search"], help: "clear the search", label: "clear" },
  {
    command: "cancel",
    keys: ["escape"],
    in: ["choose", "export"],
    help: "close without doing it",
    label: "cancel",
  },
  { command: "cancel", keys: ["n", "escape"], in: ["leave"], help: "go on with the run", label: "go on" },
  { command: "cancel", keys: ["escape"], in: ["help"], help: "close", label: "close" },
  { command: "up", keys: ["up", "k"], in: [...panes, "choose"], help: "one up" },
  { command: "down", keys: ["down", "j"], in: [...panes, "choose"], help: "one down", label: "move" },
  { command: "up", keys: ["up"], in: ["search", "help"], help: "one up" },
  { command: "down", keys: ["down"], in: ["search", "help"], help: "one down", label: "move" },
  { command: "page-up", keys: ["pageup", "ctrl-b"], in: panes, help: "one page up" },
  { command: "page-down", keys: ["pagedown", "ctrl-f", "space"], in: panes, help: "one page down" },
  { command: "first", keys: ["g", "home"], in: panes, help: "to the top" },
  { command: "last", keys: ["G", "end"], in: besideOthers, help: "to the end" },
  { command: "last", keys: ["G", "end"], in: ["run"], help: "to the end, and on to what comes" },
  {
    command: "open",
    keys: ["enter", "right", "l"],
    in: ["topics"],
    help: "go to the topic's articles",
    label: "open",
  },
  {
    command: "open",
    keys: ["enter", "right", "l"],
    in: ["articles"],
    help: "read the article",
    label: "open",
  },
  { command: "open", keys: ["enter", "right", "l"], in: ["runs"], help: "read the run", label: "open" },
  {
    command: "about",
    keys: ["i"],
    in: ["topics"],
    help: "read about the topic: claims, experiments",
    label: "about",
  },
  {
    command: "back",
    keys: ["escape", "left", "h"],
    in: ["topics"],
    help: "clear the search",
    label: "clear",
    when: "searching",
  },
  {
    command: "back",
    keys: ["escape", "left", "h"],
    in: ["articles"],
    help: "clear the search, else back to the topics",
    label: "back",
  },
  {
    command: "back",
    keys: ["escape", "left", "h"],
    in: ["detail"],
    help: "back to the list",
    label: "back",
  },
  {
    command: "back",
    keys: ["escape", "left", "h"],
    in: ["run"],
    help: "back to the library; the run goes on",
    label: "back",
  },
  {
    command: "back",
    keys: ["escape", "left", "h"],
    in: ["runs"],
    help: "back to the library",
    label: "back",
  },
  {
    command: "back",
    keys: ["escape", "left", "h"],
    in: ["run-detail"],
    help: "back to the list of runs",
    label: "back",
  },
  { command: "next-pane", keys: ["tab"], in: besideOthers, help: "to the next pane" },
  { command: "previous-pane", keys: ["shift-tab"], in: besideOthers, help: "to the previous pane" },
  {
    command: "search",
    keys: ["/"],
    in: ["topics", "articles", "detail"],
    help: "search as you type: words, 蒸馏, arXiv ids, links, numbers",
    label: "search",
  },
  { command: "run", keys: ["r"], in: ["topics"], help: "run the experiments of the topic", label: "run" },
  {
    command: "run",
    keys: ["r"],
    in: ["articles", "detail"],
    help: "run the experiments that match the article",
    label: "run",
  },
  {
    command: "stop",
    keys: ["x"],
    in: ["run"],
    help: "stop the run; what is finished stays stored",
    label: "stop",
    when: "running",
  },
  {
    command: "export",
    keys: ["e"],
    in: ["runs", "run-detail"],
    help: "export a report of the run",
    label: "report",
  },
  {
    command: "export",
    keys: ["e"],
    in: ["run"],
    help: "export a report of the run",
    label: "report",
    when: "ended",
  },
  { command: "library", keys: ["1"], in: panes, help: "the library" },
  {
    command: "runs",
    keys: ["R", "2"],
    in: ["topics", "articles", "detail", "run"],
    help: "the list of runs",
    label: "runs",
  },
  { command: "live", keys: ["3"], in: panes, help: "the run that was started here", when: "has-run" },
  {
    command: "titles",
    keys: ["z"],
    in: ["topics", "articles", "detail"],
    help: "titles in Chinese or English",
  },
  {
    command: "next-profile",
    keys: ["right", "tab", "l"],
    in: ["choose"],
    help: "a more thorough profile",
    label: "profile",
  },
  {
    command: "previous-profile",
    keys: ["left", "shift-tab", "h"],
    in: ["choose"],
    help: "a quicker profile",
  },
  { command: "left", keys: ["left", "ctrl-b"], in: fields, help: "cursor left" },
  { command: "right", keys: ["right", "ctrl-f"], in: fields, help: "cursor right" },
  { command: "start", keys: ["home", "ctrl-a"], in: fields, help: "to the start of the text" },
  { command: "end", keys: ["end", "ctrl-e"], in: fields, help: "to the end of the text" },
  { command: "backspace", keys: ["backspace"], in: fields, help: "delete to the left" },
  { command: "delete", keys: ["delete", "ctrl-d"], in: fields, help: "delete to the right" },
  { command: "delete-word", keys: ["ctrl-w"], in: fields, help: "delete the word to the left" },
  { command: "clear", keys: ["ctrl-u"], in: fields, help: "delete everything to the left" },
  { command: "help", keys: ["?"], in: panes, help: "the keys of this view", label: "keys" },
  { command: "quit", keys: ["q"], in: [...panes, "choose", "too-small"], help: "quit", label: "quit" },
  {
    command: "interrupt",
    keys: ["ctrl-c"],
    in: everywhere,
    help: "quit at once; a run is stopped and what it has is stored",
  },
];

/** Whether a condition holds at the moment. */
export type Holds = (condition: Condition) => boolean;

/** The bindings of a context that make sense at the moment, in order. */
export function bindingsOf(context: Context, holds: Holds): readonly Binding[] {
  return bindings.filter((binding) => binding.in.includes(context) && (!binding.when || holds(binding.when)));
}

/** The command of a key in a context, or undefined where the key does nothing. */
export function commandFor(context: Context, key: string, holds: Holds): CommandId | undefined {
  return bindingsOf(context, holds).find(({ keys }) => keys.includes(key))?.command;
}

/** Whether typed characters are text there, so that no letter is a command. */
export function takesText(context: Context): boolean {
  return fields.includes(context);
}

const names: Readonly<Record<string, string>> = {
  enter: "Enter",
  escape: "Esc",
  up: "↑",
  down: "↓",
  left: "←",
  right: "→",
  pageup: "PgUp",
  pagedown: "PgDn",
  home: "Home",
  end: "End",
  tab: "Tab",
  "shift-tab": "Shift-Tab",
  backspace: "Backspace",
  delete: "Del",
  space: "Space",
};

/** A key as people read it: `↓`, `Ctrl-C`. */
export function keyName(key: string): string {
  const control = /^ctrl-(.)$/.exec(key)?.[1];
  return control ? `Ctrl-${control.toUpperCase()}` : (names[key] ?? key);
}
