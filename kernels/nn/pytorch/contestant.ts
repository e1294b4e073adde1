/** Our side of a race of training steps: one network on an engine with a batch that stays, and the same for PyTorch. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomStream } from "../../random.ts";
import { sgd } from "../optimisers/sgd.ts";
import { backward } from "../tensor/backward.ts";
import { Engine, type EngineOptions } from "../tensor/engine.ts";
import type { Indices } from "../tensor/indices.ts";
import { type Batch, elementsOf, lossOf, type Made, type NetworkOfRace } from "./networks.ts";
import type { Torch } from "./torch.ts";

const momentum = 0.9;

export class Contestant {
  readonly engine: Engine;
  readonly network: NetworkOfRace;
  readonly #made: Made;
  readonly #batch: Batch;
  readonly #labels: Indices;
  readonly #optimiser: ReturnType<typeof sgd>;

  constructor(network: NetworkOfRace, options: EngineOptions) {
    this.network = network;
    this.engine = new Engine(options);
    const random = randomStream(1);
    this.#made = network.make({ engine: this.engine, random });
    const { input, words, labels, classes } = network;
    const upTo = (limit: number): number => Math.floor(random() * limit);
    const numbers = Array.from({ length: elementsOf(network) }, () => (words ? upTo(words) : random()));
    this.#batch = {
      values: this.engine.tensor(input, numbers),
      words: words ? this.engine.indices(numbers, words) : undefined,
    };
    this.#labels = this.engine.indices(
      Array.from({ length: labels }, () => upTo(classes)),
      classes,
    );
    this.#optimiser = sgd(this.#made.parameters, { rate: network.rate, momentum });
  }

  /** One step of training; the loss before it. */
  step(): number {
    const loss = this.engine.scope(() => {
      const value = lossOf(this.#made, this.#batch, this.#labels);
      backward(value);
      return value.item();
    });
    this.#optimiser.step();
    this.#optimiser.clear();
    return loss;
  }

  /** Gives PyTorch the parameters as they are now, and the batch. */
  async copyTo(torch: Torch): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "kdaccel-torch-"));
    const file = join(folder, "numbers.f32");
    const { parameters } = this.#made;
    const arrays = [...parameters, this.#batch.values, this.#labels].map(({ values }) =>
      Buffer.from(Float32Array.from(values).buffer),
    );
    writeFileSync(file, Buffer.concat(arrays));
    const { id, input, words, labels, rate } = this.network;
    await torch.make({
      ...{ make: id, file, labels, rate, momentum },
      shapes: parameters.map(({ shape }) => shape),
      input: { shape: input, whole: words !== undefined },
    });
    rmSync(folder, { recursive: true });
  }
}
