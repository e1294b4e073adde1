/** The dialogs over a screen: what to run, where a report goes, whether to leave a running run, and the keys. */
import type { Experiment, Profile, Settings } from "../../../kernels/experiment.ts";
import { expectedSeconds, planRun } from "../../../kernels/host/plan.ts";
import { chosenTargets } from "../../targets.ts";
import { chosenThreads } from "../../threads.ts";
import type { CommandId } from "../keys.ts";
import type { Scope, Source } from "../source.ts";
import { atTop, isMove, moved } from "./cursor.ts";
import { nothingYet } from "./progress.ts";
import { type Choice, contextOf, isRunning, type Overlay, type State } from "./state.ts";
import { only, type Step } from "./step.ts";
import { edited, fieldOf, isEdit, typed } from "./text-field.ts";
import { helpView } from "./views.ts";

/** From quick to thorough. */
export const profiles: readonly Profile[] = ["quick", "standard", "full"];

/** The targets and threads that a run from the terminal UI uses, and its seed: those of `bench` without options. */
export const settingsFor = (profile: Profile): Settings => ({
  profile,
  seed: 1,
  targets: chosenTargets(undefined).targets,
  threads: chosenThreads({ profile }),
});

/** The state with the dialog that chooses what to run, or with the reason why nothing can be run. */
export function openChoice(state: State, source: Source): State {
  if (isRunning(state.live)) {
    return { ...state, message: { text: "A run is going on; 3 shows it.", tone: "warning" } };
  }
  if (state.library.articles.length === 0 && state.library.pane !== "topics") {
    return { ...state, message: { text: "No article is chosen.", tone: "plain" } };
  }
  const { scope, subject } = scopeOf(state);
  const experiments = source.experimentsFor(scope);
  if (experiments.length === 0) {
    const text = `No experiment matches ${subject} yet${elsewhere(state, source)}.`;
    return { ...state, message: { text, tone: "plain" } };
  }
  const single = experiments.map((experiment) =>
    choice(experiment.id, experiment.title[state.titles], [experiment]),
  );
  const all = choice(`all ${experiments.length} experiments`, "", experiments);
  const choices = experiments.length > 1 ? [all, ...single] : single;
  const overlay: Overlay = {
    kind: "choose",
    title: `Run what tests ${subject}`,
    scope,
    choices,
    cursor: atTop,
    profile: "standard",
  };
  return { ...state, overlay };
}

/** Topics that have experiments, for a reader who has chosen one without. */
function elsewhere({ library, titles }: State, source: Source): string {
  const some = library.topics
    .filter(({ id, depth }) => id !== null && depth > 0 && source.experimentsFor({ topic: id }).length > 0)
    .slice(0, 3)
    .map(({ title }) => title[titles]);
  return some.length > 0 ? `; these topics have some: ${some.join(", ")}` : "";
}

/** The state with the help about the view of the moment. */
export function openHelp(state: State): State {
  return { ...state, overlay: { kind: "help", about: contextOf(state), filter: fieldOf(""), scroll: 0 } };
}

/** The state with the dialog that asks where the report of a run goes. */
export function openExport(state: State, run: string): State {
  return {
    ...state,
    overlay: { kind: "export", run, field: fieldOf(`./kdaccel-report-${run}`), busy: false },
  };
}

/** The step after a command in a dialog. */
export function dialogCommand(state: State, command: CommandId, source: Source): Step {
  const { overlay } = state;
  if (command === "cancel") return only({ ...state, overlay: undefined });
  switch (overlay?.kind) {
    case "choose":
      return choosing(state, overlay, command, source);
    case "export":
      return exporting(state, overlay, command);
    case "leave":
      return command === "confirm" ? { state, effects: [{ type: "quit" }] } : only(state);
    case "help":
      return only({ ...state, overlay: helping(state, overlay, command) });
    default:
      return only(state);
  }
}

/** The state after text was typed into a dialog's field. */
export function dialogText(state: State, text: string): State {
  const { overlay } = state;
  if (overlay?.kind === "export") {
    return { ...state, overlay: { ...overlay, field: typed(overlay.field, text) } };
  }
  if (overlay?.kind !== "help") return state;
  if (text === "?" && overlay.filter.text === "") return { ...state, overlay: undefined };
  return { ...state, overlay: { ...overlay, filter: typed(overlay.filter, text), scroll: 0 } };
}

function scopeOf({ library, titles }: State): { scope: Scope; subject: string } {
  const { subject, detail, topics, topic } = library;
  if (subject === "article" && detail && library.pane !== "topics") {
    return { scope: { article: detail.number }, subject: `article ${detail.number}` };
  }
  const row = topics[topic.selected];
  return {
    scope: { topic: row?.id ?? null },
    subject: row?.id ? row.title[titles] : "the whole list",
  };
}

function choice(title: string, note: string, experiments: readonly Experiment[]): Choice {
  const seconds = (profile: Profile): number => {
    const settings = settingsFor(profile);
    return expectedSeconds(planRun(experiments, settings));
  };
  return {
    title,
    note,
    experiments: experiments.map(({ id }) => id),
    seconds: { quick: seconds("quick"), standard: seconds("standard"), full: seconds("full") },
  };
}

type Choosing = Extract<Overlay, { kind: "choose" }>;

function choosing(state: State, overlay: Choosing, command: CommandId, source: Source): Step {
  const changed = (part: Partial<Choosing>): Step => only({ ...state, overlay: { ...overlay, ...part } });
  if (isMove(command)) {
    const { length } = overlay.choices;
    return changed({ cursor: moved(overlay.cursor, command, length, choiceRows(state)) });
  }
  const at = profiles.indexOf(overlay.profile);
  if (command === "next-profile") return changed({ profile: profiles[(at + 1) % 3] ?? "quick" });
  if (command === "previous-profile") return changed({ profile: profiles[(at + 2) % 3] ?? "quick" });
  return command === "confirm" ? started(state, overlay, source) : only(state);
}

/** Rows of the list of choices: what the frame of the dialog leaves. */
export function choiceRows({ size }: State): number {
  return size.rows - 14;
}

function started(state: State, overlay: Choosing, source: Source): Step {
  const chosen = overlay.choices[overlay.cursor.selected];
  if (!chosen) return only(state);
  const { profile } = overlay;
  const [first] = chosen.experiments;
  const title =
    chosen.experiments.length === 1 && first !== undefined
      ? source.experimentTitle(first)[state.titles]
      : chosen.title;
  return {
    state: {
      ...state,
      overlay: undefined,
      screen: "run",
      live: {
        id: undefined,
        title,
        profile,
        progress: nothingYet,
        status: "running",
        scroll: 0,
        follow: true,
      },
    },
    effects: [{ type: "start", experiments: chosen.experiments, profile }],
  };
}

type Exporting = Extract<Overlay, { kind: "export" }>;

function exporting(state: State, overlay: Exporting, command: CommandId): Step {
  if (isEdit(command)) {
    return only({ ...state, overlay: { ...overlay, field: edited(overlay.field, command) } });
  }
  const directory = overlay.field.text.trim();
  if (command !== "confirm" || overlay.busy) return only(state);
  if (directory === "") {
    return only({ ...state, message: { text: "A directory is needed.", tone: "warning" } });
  }
  return {
    state: { ...state, overlay: { ...overlay, busy: true } },
    effects: [{ type: "export", run: overlay.run, directory }],
  };
}

type Helping = Extract<Overlay, { kind: "help" }>;

function helping(state: State, overlay: Helping, command: CommandId): Helping {
  if (isEdit(command)) return { ...overlay, filter: edited(overlay.filter, command), scroll: 0 };
  if (command !== "up" && command !== "down") return overlay;
  const { lines, rows } = helpView(state);
  const most = Math.max(0, lines.length - rows);
  return { ...overlay, scroll: Math.max(0, Math.min(overlay.scroll + (command === "up" ? -1 : 1), most)) };
}
