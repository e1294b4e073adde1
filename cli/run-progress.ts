/**
 * What `bench` says while it runs, on stderr: one live line on a terminal, a line for each finished cell elsewhere.
 * Written at most five times a second, and never from the process that measures.
 */
import type { RunEvent, TrainingEvent } from "../kernels/run-events.ts";
import { formatDuration, formatMetric, metricTitle } from "../reports/numbers.ts";
import { failureSentence } from "./run-tables.ts";
import { sparkline } from "./sparkline.ts";
import { columnsOf, sanitise, truncate } from "./terminal-text.ts";
import { themeFor } from "./theme.ts";
import { cellsDone, nothingYet, type Progress, secondsLeft, withEvent } from "./tui/model/progress.ts";

const leastMilliseconds = 200;
/** Between two lines on trainings where lines stay: a study has hundreds of them. */
const leastBetweenTrainings = 2000;

/** Shows a run's events as they come. */
export interface ProgressView {
  show(event: RunEvent): void;
  /** A sentence between the progress, or after it. */
  say(text: string): void;
  /** Removes the live line. */
  end(): void;
}

/** The view that fits the stream: a terminal or anything else. */
export function progressView(stream: NodeJS.WriteStream): ProgressView {
  return stream.isTTY ? liveView(stream) : plainView(stream);
}

function plainView(stream: NodeJS.WriteStream): ProgressView {
  let progress = nothingYet;
  let trainingAt = Number.NEGATIVE_INFINITY;
  const say = (text: string): void => void stream.write(`${text}\n`);
  return {
    say,
    end() {},
    show(event) {
      progress = withEvent(progress, event);
      if (event.type === "failed") say(failureText(event));
      if (event.type === "training" && performance.now() - trainingAt >= leastBetweenTrainings) {
        trainingAt = performance.now();
        say(sanitise(`${counter(progress)} ${trainingText(event)}${left(progress)}`));
      }
      if (event.type === "finished" && event.workload !== undefined) {
        const took = `${event.experiment} ${event.workload}: ${formatDuration(event.seconds)}`;
        say(sanitise(`${counter(progress)} ${took}${left(progress)}`));
      }
    },
  };
}

// Erase in line, and carriage return (ECMA-48): the cursor stays on the line, which the next one overwrites.
const clearLine = "\r\u001b[2K";

function liveView(stream: NodeJS.WriteStream): ProgressView {
  const theme = themeFor(stream);
  let progress = nothingYet;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let drawn = false;
  const erase = (): void => {
    if (drawn) stream.write(clearLine);
    drawn = false;
  };
  const say = (text: string): void => {
    erase();
    stream.write(`${text}\n`);
  };
  const draw = (): void => {
    const now = performance.now();
    if (now - drawnAt < leastMilliseconds) return;
    drawnAt = now;
    // A line that fills the last column would wrap and could not be erased.
    const line = truncate(liveLine(progress), (stream.columns || 80) - 1);
    stream.write(`${clearLine}${theme.muted(line)}`);
    drawn = columnsOf(line) > 0;
  };
  return {
    say,
    end: erase,
    show(event) {
      progress = withEvent(progress, event);
      if (event.type === "failed") say(theme.failure(failureText(event)));
      draw();
    },
  };
}

function liveLine(progress: Progress): string {
  const { doing } = progress;
  const what = doing ? ` ${doing.experiment} ${doing.workload}: ${doing.text}` : "";
  const share = doing?.total ? ` ${doing.done ?? 0}/${doing.total}` : "";
  const curve = doing?.curve ? ` ${sparkline(doing.curve)}` : "";
  return sanitise(`${counter(progress)}${left(progress)}${what}${share}${curve}`);
}

/** The first curve of a training as a line, with the value that it ends with. */
function trainingText({ experiment, variant, seed, seconds, curves }: TrainingEvent): string {
  const [metric, curve = []] = Object.entries(curves)[0] ?? [];
  const last = curve.at(-1);
  const figure =
    metric === undefined || last === undefined
      ? "given up"
      : `${sparkline(curve)} ${metricTitle(metric)} ${formatMetric(metric, last)}`;
  return `${experiment} ${variant}, seed ${seed}: ${figure}, ${formatDuration(seconds)}`;
}

function counter(progress: Progress): string {
  const { done, planned } = cellsDone(progress);
  return `[${done}/${planned}]`;
}

function left(progress: Progress): string {
  const seconds = secondsLeft(progress);
  return seconds > 0 ? `, about ${formatDuration(Math.max(1, seconds))} left` : "";
}

function failureText(event: Extract<RunEvent, { type: "failed" }>): string {
  const goesOn = event.retried ? "; the others are measured again without it" : "";
  return failureSentence(event) + goesOn;
}
