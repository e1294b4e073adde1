/**
 * A training at rest: parameters and statistics of a network, what its optimiser remembers, and how far it was. Stored as
 * safetensors; parameters have the names that torch gives them, so others can read the weights.
 */
import { DataError } from "../../data/data-set.ts";
import type { Layer } from "../layers/layer.ts";
import type { Optimiser } from "../optimisers/optimiser.ts";
import { sameShape, shapeText } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Stored, StoredTensor } from "./safetensors.ts";

/** What is stored and restored. */
export interface Training {
  readonly network: Layer;
  readonly optimiser?: Optimiser;
}

/** Names of what an optimiser remembers begin with it. */
const optimiserPrefix = "optimiser.";

/** Everything that a training needs to go on after `epochs` epochs. Bytes are copied. */
export function checkpointOf(training: Training, epochs: number): Stored {
  const tensors = [...tensorsOf(training)].map(([name, tensor]) => [name, copied(tensor)] as const);
  const metadata = new Map([
    ["format", "kdaccel-training-1"],
    ["epochs", String(epochs)],
    ...(training.optimiser ? [["steps", String(training.optimiser.steps)] as const] : []),
  ]);
  return { tensors: new Map(tensors), metadata };
}

/**
 * Puts a checkpoint into a network and its optimiser, made as they were when it was taken. All is checked before anything is
 * changed. Returns the epochs that were finished.
 * @throws DataError naming the first tensor that is missing, left over, or of another shape or type
 */
export function restore(stored: Stored, training: Training, where: string): number {
  const { metadata, tensors } = stored;
  const epochs = countIn(metadata, "epochs", where);
  const steps = training.optimiser ? countIn(metadata, "steps", where) : 0;
  const wanted = tensorsOf(training);
  for (const [name, tensor] of wanted) checkTensor(tensors.get(name), tensor, `${where}, tensor ${name}`);
  for (const name of tensors.keys())
    if (!wanted.has(name) && (training.optimiser || !name.startsWith(optimiserPrefix)))
      throw new DataError(where, "the tensors of this network", `${JSON.stringify(name)} too`, sameNetwork);
  for (const [name, tensor] of wanted) bytesOfTensor(tensor).set((tensors.get(name) as StoredTensor).bytes);
  if (training.optimiser) training.optimiser.steps = steps;
  return epochs;
}

const sameNetwork =
  "Make the network, its optimiser and the engine's element as they were when it was stored.";

function tensorsOf({ network, optimiser }: Training): ReadonlyMap<string, Tensor> {
  const found = new Map(Object.entries({ ...network.parameters, ...network.statistics }));
  if (optimiser)
    for (const [name, parameter] of Object.entries(network.parameters))
      for (const [own, tensor] of Object.entries(optimiser.remembered(parameter)))
        found.set(`${optimiserPrefix}${name}.${own}`, tensor);
  return found;
}

const dtypeOf = ({ engine }: Tensor): "F32" | "F64" => (engine.element === "f32" ? "F32" : "F64");

function bytesOfTensor({ values }: Tensor): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

const copied = (tensor: Tensor): StoredTensor => ({
  ...{ dtype: dtypeOf(tensor), shape: tensor.shape, bytes: bytesOfTensor(tensor).slice() },
});

function checkTensor(found: StoredTensor | undefined, tensor: Tensor, place: string): void {
  const expected = `${dtypeOf(tensor)} ${shapeText(tensor.shape)}`;
  if (!found) throw new DataError(place, expected, "no such tensor", sameNetwork);
  if (found.dtype !== dtypeOf(tensor) || !sameShape(found.shape, tensor.shape))
    throw new DataError(place, expected, `${found.dtype} ${shapeText(found.shape)}`, sameNetwork);
}

function countIn(metadata: Stored["metadata"], name: string, where: string): number {
  const text = metadata.get(name) ?? "";
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new DataError(
    `${where}, metadata "${name}"`,
    "a whole number",
    text === "" ? "none" : JSON.stringify(text.slice(0, 80)),
    "Take a file that was stored as a checkpoint of a training.",
  );
}
