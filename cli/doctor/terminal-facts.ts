/**
 * What the terminal can show. The width of Chinese characters is asked of the terminal itself: it is told to print two
 * and to report where its cursor stands (ECMA-48, DSR 6), because no variable says what its font and its tables do.
 */

export interface TerminalFacts {
  /** Whether both input and output are a terminal. */
  readonly interactive: boolean;
  readonly columns: number;
  readonly rows: number;
  /** Bits a pixel as Node sees them: 1, 4, 8 or 24. */
  readonly colourBits: number;
  /** The variable that turns colours off, or null. */
  readonly coloursOffBy: string | null;
  /** Whether the locale says UTF-8; undefined where no variable says anything. */
  readonly utf8: boolean | undefined;
  /** Columns that one Chinese character took; null where the terminal did not answer. */
  readonly chineseColumns: number | null;
}

type Input = Pick<NodeJS.ReadStream, "isTTY" | "setRawMode" | "on" | "off" | "resume" | "pause">;
type Output = Pick<NodeJS.WriteStream, "isTTY" | "write" | "columns" | "rows" | "getColorDepth">;

/** Where the facts come from; the process's own streams unless a test has others. */
export interface TerminalStreams {
  readonly input: Input;
  readonly output: Output;
  readonly environment: NodeJS.ProcessEnv;
}

/** Looks at the terminal; takes at most a third of a second where it does not answer. */
export async function terminalFacts(
  { input, output, environment }: TerminalStreams = {
    input: process.stdin,
    output: process.stdout,
    environment: process.env,
  },
): Promise<TerminalFacts> {
  const interactive = input.isTTY === true && output.isTTY === true;
  const off =
    ["NO_COLOR"].find((name) => environment[name]) ?? (environment.TERM === "dumb" ? "TERM=dumb" : null);
  const answers = interactive && environment.TERM !== "dumb";
  const width = answers ? await columnsTaken("蒸馏", { input, output }) : null;
  return {
    interactive,
    columns: output.columns ?? 0,
    rows: output.rows ?? 0,
    colourBits: interactive ? output.getColorDepth(environment) : 1,
    coloursOffBy: off,
    utf8: saysUtf8(environment),
    chineseColumns: width === null ? null : width / 2,
  };
}

/** The first of the three variables that is set decides (POSIX, 8.2). Windows sets none and speaks UTF-8. */
function saysUtf8({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean | undefined {
  const locale = LC_ALL || LC_CTYPE || LANG;
  return locale ? /utf-?8/i.test(locale) : undefined;
}

// A terminal across the world answers within this; one that does not know the question never does.
const patienceMilliseconds = 300;

/** Columns that the cursor moved when the text was printed at the beginning of a line, or null without an answer. */
async function columnsTaken(
  text: string,
  { input, output }: Pick<TerminalStreams, "input" | "output">,
): Promise<number | null> {
  input.setRawMode(true);
  input.resume();
  let collect: (chunk: Buffer | string) => void = () => {};
  const answer = new Promise<number | null>((resolve) => {
    let said = "";
    const timer = setTimeout(() => resolve(null), patienceMilliseconds);
    collect = (chunk) => {
      said += String(chunk);
      const column = /\[\d+;(\d+)R/.exec(said)?.[1];
      if (column === undefined) return;
      clearTimeout(timer);
      resolve(Number(column) - 1);
    };
    input.on("data", collect);
  });
  output.write(`\r${text}\u001b[6n`);
  try {
    return await answer;
  } finally {
    input.off("data", collect);
    input.setRawMode(false);
    input.pause();
    output.write("\r\u001b[K");
  }
}
