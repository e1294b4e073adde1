/** PyTorch in a child process, asked line by line (steps.py). */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** Debian's: its python3-torch belongs to this interpreter, whatever else the shell finds first. */
const interpreter = "/usr/bin/python3";

export interface TorchSteps {
  readonly seconds: number;
  /** Seconds of processors, over all threads. */
  readonly processor: number;
  readonly losses: readonly number[];
}

export interface TorchOrder {
  readonly make: string;
  readonly file: string;
  readonly shapes: readonly (readonly number[])[];
  readonly input: { readonly shape: readonly number[]; readonly whole: boolean };
  readonly labels: number;
  readonly rate: number;
  readonly momentum: number;
}

export class Torch {
  readonly version: string;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, version: string) {
    this.#child = child;
    this.#lines = lines;
    this.version = version;
  }

  /**
   * Starts it; a line for a person where there is none. A core type is OpenBLAS's, which chooses for itself without. Its
   * threads are not torch's own, so both are told, and before they start.
   */
  static async start(threads: number, coreType: string | undefined): Promise<Torch | string> {
    const absent = `PyTorch does not take part: ${interpreter} has no module torch. Install Debian's python3-torch.`;
    const { OPENBLAS_CORETYPE: _, ...env } = process.env;
    const child = spawn(interpreter, [fileURLToPath(new URL("./steps.py", import.meta.url))], {
      stdio: ["pipe", "pipe", "inherit"],
      env: {
        ...env,
        OMP_NUM_THREADS: String(threads),
        OPENBLAS_NUM_THREADS: String(threads),
        ...(coreType && { OPENBLAS_CORETYPE: coreType }),
      },
    });
    const failed = new Promise<undefined>((resolve) => void child.on("error", () => resolve(undefined)));
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const first = await Promise.race([lines.next(), failed]);
    const said = first && !first.done ? (JSON.parse(first.value) as { torch?: string }) : {};
    return said.torch ? new Torch(child, lines, said.torch) : absent;
  }

  /** Builds a network; steps are then its. */
  make(order: TorchOrder): Promise<unknown> {
    return this.#ask(order);
  }

  steps(steps: number): Promise<TorchSteps> {
    return this.#ask({ steps }) as Promise<TorchSteps>;
  }

  /** Ends the process. */
  end(): void {
    this.#child.stdin?.end();
  }

  async #ask(order: object): Promise<unknown> {
    this.#child.stdin?.write(`${JSON.stringify(order)}\n`);
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`PyTorch ended at ${JSON.stringify(order)}; what it said stands above`);
    return JSON.parse(value);
  }
}
