/** Every f32 there is, through generated machine code: the errors that README.md states. */
import { expect, test } from "vitest";
import { nativeAvailability } from "../native/availability.ts";
import { bounds } from "./bounds.fixture.ts";
import { elementaryNames } from "./functions.ts";
import { sweep } from "./sweep.fixture.ts";

const availability = nativeAvailability();

test.runIf(availability.available).for(elementaryNames)(
  "%s stays within its error on all inputs of f32",
  { timeout: 600_000 },
  (name) => {
    const lanes = availability.available && availability.isa === "avx512" ? 16 : 8;
    const { ulp, at } = sweep(name, { target: "native", lanes, step: 1 });
    process.stdout.write(`${name}: ${ulp.toFixed(4)} ulp at ${at}\n`);
    expect(ulp).toBeLessThanOrEqual(bounds[name].f32);
  },
);
