/** The registry as a table of Markdown, for README.md: which losses there are, and whose definitions. */
import type { DistillationLoss, LossVariant } from "./loss.ts";

const heads = [
  "loss",
  "what it is",
  "looks at",
  "takes",
  "paper",
  "definitions, with default parameters",
] as const;

/** One line a loss, in the order of the registry, columns padded to one width. */
export function lossTable(losses: readonly DistillationLoss[]): string {
  const rows = losses.map(({ id, title, kind, paper, variants }) => [
    `\`${id}\``,
    title.en,
    kind,
    takenText(Object.values(variants)),
    `${paper.authors.split(/,| &/)[0]} ${paper.year}${paper.arxiv ? `, [${paper.arxiv}](https://arxiv.org/abs/${paper.arxiv})` : ""}`,
    Object.entries(variants)
      .map(([name, { defaults }]) => `\`${name}\`${settingsText(defaults)}`)
      .join(", "),
  ]);
  const widths = heads.map((head, column) =>
    Math.max(...[head, ...rows.map((row) => row[column] as string)].map((text) => text.length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] as number)).join(" | ")} |`;
  return [line(heads), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** What the definitions take of either side, each once; what predictions are named by their formulas. */
function takenText(variants: readonly LossVariant[]): string {
  const taken = new Set(variants.flatMap(({ needs }) => needs?.takes ?? []));
  return [...taken].join(", ") || "predictions";
}

/** ` (T 4, alpha 0.1)`; nothing where there are no parameters. */
function settingsText(defaults: Readonly<Record<string, unknown>>): string {
  const texts = Object.entries(defaults).map(
    ([name, value]) => `${name} ${JSON.stringify(value).replaceAll('"', "")}`,
  );
  return texts.length === 0 ? "" : ` (${texts.join(", ")})`;
}
