/**
 * The model of every row that computes, by its name; and the rows that have a test of their own instead, because what
 * they do is a jump, a flag, the stack or nothing.
 */
import { floatModels } from "./floats.fixture.ts";
import { generalModels, maskModels } from "./general.fixture.ts";
import { integerModels } from "./integers.fixture.ts";
import type { Models } from "./model.fixture.ts";
import { moveModels } from "./moves.fixture.ts";

export const models: Models = {
  ...generalModels,
  ...maskModels,
  ...moveModels,
  ...floatModels,
  ...integerModels,
};

/** What control.test.ts executes. */
export const controlRows: readonly string[] = [
  ...["jmp", "je", "jne", "jl", "jle", "jg", "jge", "jb", "jbe", "ja", "jae", "jp", "jnp", "call", "ret"],
  ...["cmp", "test", "cmove", "cmovne", "cmovl", "cmovle", "cmovg", "cmovge"],
  ...["kortestb", "kortestw", "kortestd", "kortestq", "vucomiss", "vucomisd"],
  ...[
    "push",
    "pop",
    "cdq",
    "cqo",
    "idiv",
    "div",
    "lea",
    "lock xadd",
    "vgatherdps",
    "vpgatherdd",
    "vzeroupper",
  ],
  ...["cpuid", "xgetbv", "rdtsc", "pause", "nop", "ud2", "mfence", "sfence"],
  ...["prefetcht0", "prefetcht1", "prefetcht2", "prefetchnta"],
];
