/** Rates over the steps of a training, as factors of the first one: pure functions of the step, from 0. */

export type Schedule = (step: number) => number;

export const constant: Schedule = () => 1;

/** Times `factor` at each of these steps. */
export const stepwise =
  (at: readonly number[], factor: number): Schedule =>
  (step) =>
    factor ** at.filter((from) => step >= from).length;

/** From 1 down to 0 along half a cosine (Loshchilov & Hutter 2017, without restarts). */
export const cosine =
  (steps: number): Schedule =>
  (step) =>
    (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps)) / 2;

/** From 1 to 0 along a line. */
export const linear =
  (steps: number): Schedule =>
  (step) =>
    Math.max(0, 1 - step / steps);

/** Rises along a line over the first steps, then follows another schedule as if that had run from the start. */
export const warmUp =
  (steps: number, then: Schedule): Schedule =>
  (step) =>
    step < steps ? ((step + 1) / steps) * then(step) : then(step);
