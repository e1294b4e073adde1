/** A line of text being typed, with the terminal's own cursor in it, so that input methods compose at the right place. */
import { Text, useCursor } from "ink";
import { span } from "../line.ts";
import { type TextField, visiblePart } from "../model/text-field.ts";
import { OneLine } from "./Lines.tsx";

export interface TextInputProps {
  readonly prompt: string;
  readonly field: TextField;
  readonly columns: number;
  /** Where the prompt stands on the screen. */
  readonly x: number;
  readonly y: number;
  /** Whether keys are typed into it; only one field of a screen may be active. */
  readonly active: boolean;
}

/** Prompt and text in so many columns. */
export function TextInput({ active, ...props }: TextInputProps) {
  const { prompt, field, columns } = props;
  const part = visiblePart(field, columns - prompt.length - 1);
  const line = <OneLine line={[span(prompt, "key"), { text: part.text }]} columns={columns} />;
  if (!active) return line;
  return (
    <>
      {line}
      <CursorAt x={props.x + prompt.length + part.column} y={props.y} />
    </>
  );
}

/** Shows the terminal's cursor at a place while it is mounted. */
function CursorAt({ x, y }: { readonly x: number; readonly y: number }) {
  useCursor().setCursorPosition({ x, y });
  return <Text />;
}
