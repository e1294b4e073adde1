/**
 * A real terminal for tests and pictures: the program runs in a pseudo-terminal, and @xterm/headless rebuilds the
 * screen that a person would see from what it writes.
 */
import { type IPty, spawn } from "@lydell/node-pty";
import xterm from "@xterm/headless";

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  readonly file: string;
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** One cell of the screen; a wide character leaves an empty cell of width 0 behind it. */
export interface ScreenCell {
  readonly text: string;
  readonly width: number;
  /** Index of one of the 16 basic colours, or undefined for the terminal's own. */
  readonly colour: number | undefined;
  readonly background: number | undefined;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly inverse: boolean;
  readonly underline: boolean;
}

/** Names of keys as tests write them, and the bytes that a terminal sends for them. */
const sequences = {
  enter: "\r",
  escape: "\u001b",
  tab: "\t",
  "shift-tab": "\u001b[Z",
  up: "\u001b[A",
  down: "\u001b[B",
  right: "\u001b[C",
  left: "\u001b[D",
  pageup: "\u001b[5~",
  pagedown: "\u001b[6~",
  backspace: "\u007f",
  "ctrl-c": "\u0003",
} as const;

export type KeyName = keyof typeof sequences;

// Starting the program on a busy machine takes a second; a run in it a few.
const patienceMilliseconds = 20_000;
const pollMilliseconds = 15;

/** A program in a terminal of its own. */
export class TestTerminal {
  readonly #pty: IPty;
  readonly #screen: xterm.Terminal;
  readonly exited: Promise<number>;
  #written = "";
  #code: number | undefined;

  constructor({ columns, rows, file, args = [], env = process.env, cwd }: TerminalOptions) {
    this.#screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.#pty = spawn(file, [...args], {
      cols: columns,
      rows,
      name: "xterm-256color",
      env: { ...env, TERM: "xterm-256color" },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.#pty.onData((data) => {
      this.#written += data;
      this.#screen.write(data);
    });
    // What the terminal itself answers (cursor position reports) goes back to the program.
    this.#screen.onData((data) => this.#pty.write(data));
    this.exited = new Promise((resolve) => {
      this.#pty.onExit(({ exitCode }) => {
        this.#code = exitCode;
        resolve(exitCode);
      });
    });
  }

  /** Presses keys: a name, or text as it is typed. */
  press(...keys: readonly (KeyName | (string & {}))[]): void {
    for (const key of keys) this.#pty.write(key in sequences ? sequences[key as KeyName] : key);
  }

  resize(columns: number, rows: number): void {
    this.#screen.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  /** The rows of the screen without trailing spaces. */
  rows(): string[] {
    const { active } = this.#screen.buffer;
    return Array.from(
      { length: this.#screen.rows },
      (_, row) => active.getLine(active.viewportY + row)?.translateToString(true) ?? "",
    );
  }

  /** The whole screen as text. */
  text(): string {
    return this.rows().join("\n");
  }

  /** Which buffer is shown: `alternate` while a full-screen program has the terminal. */
  buffer(): "normal" | "alternate" {
    return this.#screen.buffer.active.type;
  }

  /** Everything the program has written so far. */
  written(): string {
    return this.#written;
  }

  /** Resolves once everything that was written is on the rebuilt screen. */
  settled(): Promise<void> {
    return new Promise((resolve) => this.#screen.write("", resolve));
  }

  cursor(): { readonly x: number; readonly y: number } {
    const { active } = this.#screen.buffer;
    return { x: active.cursorX, y: active.cursorY };
  }

  /** Waits until the screen satisfies the condition; fails with the screen it last had. */
  async until(
    condition: (text: string) => boolean,
    what = "the screen to change",
    patience = patienceMilliseconds,
  ): Promise<string> {
    const started = Date.now();
    for (;;) {
      const text = this.text();
      if (condition(text)) return text;
      if (Date.now() - started > patience || this.#code !== undefined) {
        throw new Error(`waited in vain for ${what}; the screen shows:\n${text}`);
      }
      await new Promise((resolve) => setTimeout(resolve, pollMilliseconds));
    }
  }

  /** Waits until a text stands on the screen. */
  async shows(wanted: string): Promise<string> {
    return this.until((text) => text.includes(wanted), `"${wanted}"`);
  }

  /** Every cell of the screen, for pictures and for assertions about colours. */
  cells(): ScreenCell[][] {
    const { active } = this.#screen.buffer;
    return Array.from({ length: this.#screen.rows }, (_, row) => {
      const line = active.getLine(active.viewportY + row);
      return Array.from({ length: this.#screen.cols }, (_, column): ScreenCell => {
        const cell = line?.getCell(column);
        return {
          text: cell?.getChars() ?? "",
          width: cell?.getWidth() ?? 1,
          colour: cell?.isFgDefault() === false ? cell.getFgColor() : undefined,
          background: cell?.isBgDefault() === false ? cell.getBgColor() : undefined,
          bold: (cell?.isBold() ?? 0) !== 0,
          dim: (cell?.isDim() ?? 0) !== 0,
          inverse: (cell?.isInverse() ?? 0) !== 0,
          underline: (cell?.isUnderline() ?? 0) !== 0,
        };
      });
    });
  }

  /** Ends the program if it still runs. */
  close(): void {
    if (this.#code === undefined) this.#pty.kill("SIGKILL");
    this.#screen.dispose();
  }
}
