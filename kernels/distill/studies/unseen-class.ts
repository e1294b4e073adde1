/** Procedure of `unseen-class`: one digit is taken out of the students' examples, and its bias is set afterwards. */
import type { Examples } from "../../nn/train/examples.ts";
import { errorOf } from "../../nn/train/train.ts";
import { rowsOf } from "./examples.ts";
import { studyProcedure } from "./run-study.ts";
import { unseen, unseenClassSpec } from "./unseen-class.experiment.ts";

export const procedure = studyProcedure(unseenClassSpec, {
  examples: ({ shown, held }) => {
    const kept = [...Array(shown.labels.length).keys()].filter((row) => shown.labels[row] !== unseen);
    return { shown: rowsOf(shown, kept), held };
  },
  figures: ({ held }, { room }) => afterBias(held, room.held),
});

/** Biases that are tried: the paper's was 3.5 for one network and 7.6 for another. */
const biases = Array.from({ length: 81 }, (_, i) => i / 4);

/** Recall of the class and error of all on the second half, with the bias that is best on the first. */
export function afterBias(logits: Float32Array, held: Examples): Record<string, number> {
  const half = Math.floor(held.labels.length / 2);
  const [first, second] = [part(logits, held, 0, half), part(logits, held, half, held.labels.length)];
  const errors = biases.map((bias) => errorOf(raised(first, bias), first.examples));
  const best = biases[errors.indexOf(Math.min(...errors))] as number;
  const answers = raised(second, best);
  const { examples } = second;
  const ofClass = [...Array(examples.labels.length).keys()].filter((row) => examples.labels[row] === unseen);
  const wrong = errorOf(
    Float32Array.from(
      ofClass.flatMap((row) => [...answers.subarray(row * examples.classes, (row + 1) * examples.classes)]),
    ),
    rowsOf(examples, ofClass),
  );
  return { "unseen-recall": 1 - wrong, "corrected-error": errorOf(answers, examples), bias: best };
}

interface Part {
  readonly logits: Float32Array;
  readonly examples: Examples;
}

function part(logits: Float32Array, examples: Examples, from: number, to: number): Part {
  const rows = Array.from({ length: to - from }, (_, i) => from + i);
  const { classes } = examples;
  return { logits: logits.subarray(from * classes, to * classes), examples: rowsOf(examples, rows) };
}

/** The logits with this added to the class. */
const raised = ({ logits, examples: { classes } }: Part, bias: number): Float32Array =>
  logits.map((value, at) => (at % classes === unseen ? value + bias : value));
