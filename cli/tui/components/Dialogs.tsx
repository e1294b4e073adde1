/** The dialog that is open, if one is. */
import type { Context } from "../keys.ts";
import { span } from "../line.ts";
import type { Overlay, State } from "../model/state.ts";
import { helpView } from "../model/views.ts";
import { choiceLines, exportFieldRow, exportLines, leaveLines } from "../text/dialog-lines.ts";
import { Dialog, dialogPadding, dialogPlace } from "./Dialog.tsx";
import { TextInput } from "./TextInput.tsx";

/** Draws the overlay of the state. */
export function Dialogs({ state }: { readonly state: State }) {
  switch (state.overlay?.kind) {
    case "choose":
      return <Choose state={state} overlay={state.overlay} />;
    case "export":
      return <Export state={state} overlay={state.overlay} />;
    case "leave":
      return <Leave state={state} />;
    case "help":
      return <Help state={state} overlay={state.overlay} />;
    default:
      return null;
  }
}

type Of<Kind extends Overlay["kind"]> = {
  readonly state: State;
  readonly overlay: Extract<Overlay, { kind: Kind }>;
};

function Choose({ state, overlay }: Of<"choose">) {
  const { columns } = dialogPlace(state.size, 0);
  const lines = choiceLines(state, overlay, columns - 2 - 2 * dialogPadding);
  return <Dialog place={dialogPlace(state.size, lines.length)} title={overlay.title} lines={lines} />;
}

function Export({ state, overlay }: Of<"export">) {
  const lines = exportLines(overlay.busy);
  const place = dialogPlace(state.size, lines.length);
  const node = (
    <TextInput
      prompt="› "
      field={overlay.field}
      columns={place.columns - 2 - 2 * dialogPadding}
      x={place.left + 1 + dialogPadding}
      y={place.top + 2 + exportFieldRow}
      active={!overlay.busy}
    />
  );
  return (
    <Dialog
      place={place}
      title={`Report of ${overlay.run}`}
      lines={lines}
      field={{ row: exportFieldRow, node }}
    />
  );
}

function Leave({ state }: { readonly state: State }) {
  const { columns } = dialogPlace(state.size, 0);
  const lines = leaveLines(state.live?.id, columns - 2 - 2 * dialogPadding);
  return <Dialog place={dialogPlace(state.size, lines.length)} title="Quit?" lines={lines} />;
}

const viewNames: Readonly<Record<Context, string>> = {
  topics: "topics",
  articles: "articles",
  detail: "the article",
  search: "search",
  run: "the run",
  runs: "the list of runs",
  "run-detail": "a stored run",
  choose: "choosing a run",
  export: "exporting",
  leave: "leaving",
  help: "help",
  "too-small": "a small terminal",
};

function Help({ state, overlay }: Of<"help">) {
  const view = helpView(state);
  const shown = view.lines.slice(overlay.scroll, overlay.scroll + view.rows);
  const rows = Math.max(
    1,
    Math.min(view.rows, helpView({ ...state, overlay: { ...overlay, filter: none } }).lines.length),
  );
  const place = dialogPlace(state.size, rows + 2, 84);
  const more = view.lines.length - overlay.scroll - shown.length;
  const filled = [...shown, ...Array.from({ length: rows - shown.length }, () => [])];
  const hint =
    view.lines.length === 0 ? "no key matches" : more > 0 ? `${more} more below` : "type to filter";
  const node = (
    <TextInput
      prompt="/ "
      field={overlay.filter}
      columns={24}
      x={place.left + 1 + dialogPadding}
      y={place.top + 2 + rows + 1}
      active
    />
  );
  const lines = [...filled, [], [{ text: " ".repeat(26) }, span(hint, "muted")]];
  return (
    <Dialog
      place={place}
      title={`Keys of ${viewNames[overlay.about]}`}
      lines={lines}
      field={{ row: rows + 1, node }}
    />
  );
}

const none = { text: "", cursor: 0 };
