/**
 * What every layer must hold, written once: on random shapes, each target in each precision agrees with the definition
 * in plain float64, its gradients with central differences of that definition, and nothing beside the results changes.
 */
import { describe, expect, it } from "vitest";
import type { KernelTarget } from "../codegen/compile.ts";
import { Memory } from "../codegen/memory.ts";
import type { Real } from "../gemm/arguments.ts";
import { nativeAvailability } from "../native/availability.ts";
import type { NativeIsa } from "../native/cpu-features.ts";
import { randomStream } from "../random.ts";
import { Guarded } from "./guarded.fixture.ts";
import type { OperationOptions } from "./operation.ts";

export type Values = Readonly<Record<string, Float64Array>>;

/** A layer of one shape with its inputs. */
export interface Drawn {
  /** The shape, for the reader of a failure. */
  readonly text: string;
  readonly inputs: Values;
  /** Elements of the result. */
  readonly length: number;
  /** The result by definition. */
  reference(inputs: Values): Float64Array;
  /**
   * Runs both passes: every input has been placed under its name, and so has `gradY`; results are placed as `y` and as
   * `grad.<input>`.
   */
  run(options: OperationOptions, bench: Guarded, at: (name: string) => number): void;
}

export interface LayerRules {
  /** Inputs that have a gradient. */
  readonly differentiable: readonly string[];
  /** Largest difference from the reference, as a share of the largest element, on f32 (default: 1e-5). */
  readonly single?: number;
}

interface Machine {
  readonly target: KernelTarget;
  readonly isa?: NativeIsa;
}

const availability = nativeAvailability();
/** Every target here, machine code once for each length of vectors. */
export const machines: readonly Machine[] = [
  { target: "js" },
  { target: "wasm" },
  ...(availability.available ? [{ target: "native", isa: "avx2" } as const] : []),
  ...(availability.available && availability.isa === "avx512"
    ? [{ target: "native", isa: "avx512" } as const]
    : []),
];

const draws = 12;
/** Differences of a step of 1e-4 over two steps are exact to about 1e-8 of what changes by that order. */
const step = 1e-4;
const tolerances: Readonly<Record<Real, { readonly result: number; readonly gradient: number }>> = {
  f64: { result: 1e-12, gradient: 1e-6 },
  f32: { result: 1e-5, gradient: 1e-4 },
};

/** Tests a layer on shapes that `draw` makes from a random stream. */
export function itIsALayer(
  name: string,
  draw: (random: () => number, index: number) => Drawn,
  { differentiable, single = tolerances.f32.result }: LayerRules,
): void {
  const random = randomStream(name.length * 7919);
  const drawn = Array.from({ length: draws }, (_, index) => draw(random, index)).map((each) => {
    const gradY = normals(random, each.length);
    return {
      ...each,
      gradY,
      expected: each.reference(each.inputs),
      slopes: slopes(each, gradY, differentiable),
    };
  });
  describe.each(machines)(`${name} on $target $isa`, (machine) => {
    it.each(["f64", "f32"] as const)("is its definition in %s, and has its gradients", (element) => {
      // One memory for all shapes, so that they share compiled programs as the layers of a network do.
      const memory = new Memory(2 ** 22);
      const mark = memory.mark();
      for (const each of drawn) {
        memory.release(mark);
        const bench = new Guarded(element, memory);
        const at = new Map(Object.entries(each.inputs).map(([key, values]) => [key, bench.put(key, values)]));
        at.set("gradY", bench.put("gradY", each.gradY));
        each.run({ ...machine, memory, element }, bench, (key) => {
          const address = at.get(key);
          if (address === undefined) throw new Error(`${key} is no input`);
          return address;
        });
        bench.expectUntouched();
        const tolerance = tolerances[element];
        const result = element === "f32" ? single : tolerance.result;
        expect(largestError(bench.read("y"), each.expected), `${each.text}: y`).toBeLessThan(result);
        for (const [key, slope] of Object.entries(each.slopes))
          expect(
            largestError(bench.read(`grad.${key}`), slope),
            `${each.text}: gradient of ${key}`,
          ).toBeLessThan(tolerance.gradient);
      }
    });
  });
}

/** Central differences of sum(y * gradY) by each input. */
function slopes({ inputs, reference }: Drawn, gradY: Float64Array, names: readonly string[]): Values {
  const loss = (changed: Values): number => {
    const y = reference(changed);
    return y.reduce((sum, value, i) => sum + value * (gradY[i] as number), 0);
  };
  const slopeOf = (name: string): Float64Array => {
    const values = inputs[name] as Float64Array;
    return values.map((value, i) => {
      const [up, down] = [step, -step].map((by) => {
        const moved = values.slice();
        moved[i] = value + by;
        return loss({ ...inputs, [name]: moved });
      }) as [number, number];
      return (up - down) / (2 * step);
    });
  };
  return Object.fromEntries(names.filter((name) => inputs[name]).map((name) => [name, slopeOf(name)]));
}

/** The largest difference as a share of the largest expected element, or of 1 where that is smaller. */
export function largestError(found: Float64Array, expected: Float64Array): number {
  expect(found.length).toBe(expected.length);
  let most = 1;
  for (const value of expected) most = Math.max(most, Math.abs(value));
  let error = 0;
  for (const [i, value] of expected.entries()) {
    const difference = Math.abs((found[i] as number) - value);
    // NaN is no agreement.
    error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(error, difference);
  }
  return error / most;
}

/** Sums of four uniform numbers around 0, exact in float32 so that both precisions get the same inputs. */
export function normals(random: () => number, length: number, mean = 0): Float64Array {
  return Float64Array.from({ length }, () =>
    Math.fround(mean + 2 * (random() + random() + random() + random() - 2)),
  );
}
