/**
 * One experiment as lines and as JSON: what it asks, what it tests, and under which rules.
 */
import type { Experiment } from "../kernels/experiment.ts";
import { section, under } from "./paragraphs.ts";
import type { View } from "./print.ts";

export function experimentLines({ id, title, question, topics, claims }: Experiment, view: View): string[] {
  const { theme } = view;
  return [
    theme.heading(`${id}  ${title.en}`),
    title.zh,
    ...under("", question, view),
    theme.muted(`topics: ${topics.join(" ")}`),
    ...section(
      "Tests",
      claims.flatMap(({ claim, rule }) => [theme.id(claim), ...under("  ", rule, view)]),
      view,
    ),
    "",
    theme.muted(`run: kdaccel bench --experiment ${id}`),
  ];
}

/** The part of an experiment that is data. */
export function experimentDocument({ id, title, question, topics, claims }: Experiment): object {
  return { id, title, question, topics, claims: claims.map(({ claim, rule }) => ({ claim, rule })) };
}
