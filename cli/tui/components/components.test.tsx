/** What Ink makes of the components: frames as text, at the hundred columns of the testing library's terminal. */
import { Box } from "ink";
import { render } from "ink-testing-library";
import { expect, test } from "vitest";
import { span } from "../line.ts";
import { fieldOf } from "../model/text-field.ts";
import { Dialog, dialogPlace } from "./Dialog.tsx";
import { Lines, OneLine } from "./Lines.tsx";
import { List } from "./List.tsx";
import { Gutter, Pane } from "./Pane.tsx";
import { TextInput } from "./TextInput.tsx";

function rowsOf(node: React.JSX.Element): string[] {
  const { lastFrame, unmount } = render(node);
  const frame = lastFrame() ?? "";
  unmount();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
  return frame.replace(/\u001b\[[\d;]*m/g, "").split("\n");
}

test("lines are cut to their pane and keep their rows, empty ones as well", () => {
  const lines = [[span("知识蒸馏技术")], [], [span("short")], [span("hidden")]];
  expect(rowsOf(<Lines lines={lines} columns={9} rows={3} />)).toEqual(["知识蒸馏…", "", "short"]);
});

test("a line without text still takes its row", () => {
  const rows = rowsOf(
    <Box flexDirection="column">
      <OneLine line={[]} columns={5} />
      <OneLine line={[span("below")]} columns={5} />
    </Box>,
  );
  expect(rows).toEqual(["", "below"]);
});

test("a list draws visible rows only, with a mark at the chosen one that needs no colour", () => {
  const rows = rowsOf(
    <List
      rows={Array.from({ length: 50 }, (_, at) => `row ${at}`)}
      cursor={{ selected: 11, top: 10 }}
      height={3}
      columns={12}
      focused
      line={(row) => [span(row)]}
      empty={[]}
    />,
  );
  expect(rows.map((row) => row.trimEnd())).toEqual(["  row 10", "› row 11", "  row 12"]);
});

test("the pane with the focus has the heavy rule, and the gutter runs below the titles", () => {
  const pane = (focused: boolean) => (
    <Pane title="Topics" note="1 of 3" focused={focused} columns={24}>
      <Lines lines={[[span("one")]]} columns={24} rows={1} />
    </Pane>
  );
  const rows = rowsOf(
    <Box>
      {pane(true)}
      <Gutter rows={1} />
      {pane(false)}
    </Box>,
  );
  expect(rows[0]).toBe("━━ Topics ━━━━━ 1 of 3 ━   ── Topics ───── 1 of 3 ─");
  expect(rows[1]).toMatch(/^one {21} │ one/);
});

test("a dialog covers what is below it", () => {
  const size = { columns: 80, rows: 10 };
  const place = dialogPlace(size, 1, 30);
  const rows = rowsOf(
    <Box width={80} height={10}>
      <Lines lines={Array.from({ length: 10 }, () => [span("x".repeat(80))])} columns={80} rows={10} />
      <Dialog place={place} title="Quit?" lines={[[span("A run is going on.")]]} />
    </Box>,
  );
  expect(rows[place.top]).toBe(`${"x".repeat(25)}┏━ Quit? ${"━".repeat(20)}┓${"x".repeat(25)}`);
  expect(rows[place.top + 2]).toBe(
    `${"x".repeat(25)}┃  A run is going on.${" ".repeat(8)}┃${"x".repeat(25)}`,
  );
  expect(new Set(rows.map((row) => row.length))).toEqual(new Set([80]));
});

test("a field shows the part of a long text that the cursor is in", () => {
  const field = fieldOf("0123456789abcdef");
  const rows = rowsOf(<TextInput prompt="/ " field={field} columns={12} x={0} y={0} active={false} />);
  expect(rows).toEqual(["/ 89abcdef"]);
});
