/** Answers of a network as probabilities, in plain numbers: for what is measured, not trained. */

/** The softmax of a row of logits, softened by a temperature (default: 1). */
export function probabilities(logits: Float32Array, temperature = 1): readonly number[] {
  const most = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp((logit - most) / temperature));
  const total = powers.reduce((x, y) => x + y, 0);
  return powers.map((power) => power / total);
}
