/**
 * What the host accepts from its child. It trusts nothing: a message is checked against the contract, the metric table
 * and the cell that was asked for. Apart from protocol.ts, so that the child need not load zod.
 */
import { z } from "zod";
import { metric } from "../metrics.ts";
import type {
  FailedEvent,
  MeasurementEvent,
  ProgressEvent,
  SampleEvent,
  TrainingEvent,
} from "../run-events.ts";
import type { Job } from "./protocol.ts";

// Names end up in tables, file names and reports; nothing of ours comes near these lengths.
const name = z.string().min(1).max(200);
const prose = z.string().max(20_000);
const target = z.enum(["js", "wasm", "native", "peer"]);
const ref = z.strictObject({ variant: name, target });
const place = { experiment: name, workload: name };
const count = z.int().nonnegative();
// JSON has neither NaN nor infinity: they arrive as null and are refused here.
const number = z.number();

const progress = z.strictObject({
  type: z.literal("progress"),
  ...place,
  doing: prose,
  done: number.optional(),
  total: number.optional(),
  ref: ref.optional(),
  curve: z.array(number).max(10_000).optional(),
});

const sample = z.strictObject({
  type: z.literal("sample"),
  ...place,
  variant: name,
  target,
  metric: name,
  round: count,
  value: number,
});

const figures = <Of extends z.ZodType>(of: Of) =>
  z.record(name, of).refine((all) => Object.keys(all).every((id) => metric(id)), "a metric is unknown");

const training = z.strictObject({
  type: z.literal("training"),
  ...place,
  variant: name,
  target,
  seed: z.int(),
  seconds: number.nonnegative(),
  figures: figures(number),
  curves: figures(z.array(number).max(10_000)),
  failure: prose.optional(),
});

const measurement = z
  .strictObject({
    type: z.literal("measurement"),
    ...place,
    variant: name,
    target,
    threads: count.min(1),
    metric: name,
    unit: name,
    kind: z.enum(["exact", "timed"]),
    value: number,
    low: number,
    high: number,
    n: count,
    against: ref.optional(),
    correct: z.boolean().nullable(),
  })
  .refine((m) => m.low <= m.value && m.value <= m.high, "the interval does not hold the estimate")
  .refine((m) => metric(m.metric).unit === m.unit, "the unit is not that of the metric");

/** What a procedure may report as failed by itself; deaths are for the host to tell. */
const failed = z.strictObject({
  type: z.literal("failed"),
  ...place,
  variant: name.optional(),
  target: target.optional(),
  reason: z.enum(["wrong", "error"]),
  message: prose,
});

/** The last message of a child that ends by itself. */
const ended = z.strictObject({
  type: z.literal("ended"),
  outcome: z.enum(["done", "stopped", "error"]),
  message: prose.optional(),
});

const message = z.discriminatedUnion("type", [progress, sample, training, measurement, failed, ended]);

/** What a running cell may report. */
export type CellEvent = ProgressEvent | SampleEvent | TrainingEvent | MeasurementEvent | FailedEvent;
export type EndedMessage = z.infer<typeof ended>;
export type ChildMessage = CellEvent | EndedMessage;

/** A message of the child that does not keep the contract. */
export class ProtocolError extends Error {
  constructor(problem: string, line: string) {
    super(`expected an event of the running cell, found one where ${problem}: ${line.slice(0, 200)}`);
    this.name = "ProtocolError";
  }
}

/**
 * Reads one line of the child.
 *
 * @throws ProtocolError if it is no JSON, breaks the contract or belongs to another cell
 */
export function readMessage(line: string, job: Job): ChildMessage {
  const parsed = message.safeParse(parseJson(line));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ProtocolError(`${issue?.path.join(".") || "the whole"}: ${issue?.message}`, line);
  }
  // zod's optional fields may hold undefined, which JSON cannot: the parsed event has the contract's type.
  const data = parsed.data as ChildMessage;
  if (data.type !== "ended" && (data.experiment !== job.experiment || data.workload !== job.cell.workload)) {
    throw new ProtocolError(`the cell is not ${job.experiment} ${job.cell.workload}`, line);
  }
  return data;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new ProtocolError(`the text is no JSON (${(error as Error).message})`, line);
  }
}
