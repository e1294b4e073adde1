/**
 * `kdaccel code EXPERIMENT VARIANT`: the generated kernel as text. What runs is what is shown, because both come from
 * the same program.
 */
import { type Command, Option } from "commander";
import type { Experiment, Profile, Target, VariantRef } from "../../kernels/experiment.ts";
import { pointOfName } from "../../kernels/tune/point.ts";
import { CommandError, UsageError } from "../exit.ts";
import { suggestion } from "../known.ts";
import type { Laboratory } from "../laboratory.ts";
import { printDocument, printLines } from "../print.ts";
import { experimentCalled } from "../selection.ts";

interface CodeOptions {
  /** `x64` is what the native target generates, by the name that people look for. */
  readonly target?: Target | "x64";
  readonly json?: boolean;
}

export function define(command: Command, laboratory: Laboratory): void {
  command
    .argument("<experiment>", "id of an experiment (`kdaccel experiments` lists them)")
    .argument("[variant]", "id of a variant; without it, the variants that can be shown are listed")
    .addOption(
      new Option("--target <target>", "what the kernel is generated for").choices([
        "js",
        "wasm",
        "native",
        "x64",
      ]),
    )
    .option("--json", "print one JSON document")
    .action((id: string, variant: string | undefined, options: CodeOptions) =>
      show(laboratory, id, variant, options),
    );
}

async function show(
  laboratory: Laboratory,
  id: string,
  variant: string | undefined,
  options: CodeOptions,
): Promise<void> {
  const experiment = await experimentCalled(await laboratory.experiments(), id);
  const target = options.target === "x64" ? "native" : options.target;
  const refs = variantsOf(experiment).filter((ref) => !target || ref.target === target);
  if (variant === undefined) return list(experiment, refs, options);
  const ref = chosen(experiment, refs, variant);
  const text = await (await experiment.load()).code?.(ref);
  if (text === undefined) {
    throw new CommandError(
      `${experiment.id} ${ref.variant} (${ref.target}) is written by hand, not generated`,
      `\`kdaccel code ${experiment.id}\` lists the variants of this experiment.`,
    );
  }
  if (options.json) return printDocument("code", { experiment: experiment.id, ...ref, text });
  printLines([text.trimEnd()]);
}

/** Every variant of every profile, each once, in the order of the plans. */
function variantsOf(experiment: Experiment): VariantRef[] {
  const profiles: readonly Profile[] = ["quick", "standard", "full"];
  const cells = profiles.flatMap((profile) =>
    experiment.plan({ profile, seed: 0, targets: ["js", "wasm", "native"] }),
  );
  const byName = new Map<string, VariantRef>();
  for (const ref of cells.flatMap((cell) => cell.variants)) byName.set(`${ref.variant} ${ref.target}`, ref);
  return [...byName.values()];
}

/** The variant on the target that was asked for, else on the first that has it. */
function chosen(experiment: Experiment, refs: readonly VariantRef[], variant: string): VariantRef {
  const found = refs.find((ref) => ref.variant === variant) ?? tunedPlan(refs, variant);
  if (found) return found;
  const others = variantsOf(experiment).filter((ref) => ref.variant === variant);
  if (others.length > 0) {
    const targets = others.map((ref) => ref.target).join(" and ");
    throw new UsageError(
      `${variant} of ${experiment.id} runs on ${targets} only`,
      `Leave out --target, or give ${others[0]?.target}.`,
    );
  }
  const names = [...new Set(refs.map((ref) => ref.variant))];
  throw new UsageError(
    `${experiment.id} has no variant "${variant}"`,
    suggestion(variant, names) ?? `\`kdaccel code ${experiment.id}\` lists its variants.`,
  );
}

/** A plan that a search tried: it can be read wherever the default plan is run, though no experiment plans it. */
function tunedPlan(refs: readonly VariantRef[], variant: string): VariantRef | undefined {
  const standsFor = refs.find((ref) => ref.variant === "packed-blocked");
  return standsFor && pointOfName(variant) ? { ...standsFor, variant } : undefined;
}

function list(experiment: Experiment, refs: readonly VariantRef[], options: CodeOptions): void {
  if (options.json) printDocument("code-variants", { experiment: experiment.id, variants: refs });
  else printLines(refs.map((ref) => `${ref.variant} --target ${ref.target}`));
}
