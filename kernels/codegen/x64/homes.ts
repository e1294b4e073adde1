/**
 * Where the names of a program live: in a register, or, where those run short and the name is little used, in the block
 * of arguments. Which ones is decided before any code is generated, from lifetimes, and said in the listing.
 */
import type { Parameter, Program } from "../statements.ts";
import type { CallingConvention, Isa } from "./isa.ts";
import { crowded, type Lifetime, type Liveness, mostAtOnce, type RegisterClass } from "./liveness.ts";
import { RegisterPool } from "./pool.ts";

/** A register by class and index, or the byte offset of an argument. */
export type Home =
  | { readonly kind: RegisterClass; readonly index: number }
  | { readonly kind: "argument"; readonly offset: number };

/** Every argument takes one slot: addresses and integers as 64 bits, floating-point numbers in the low bytes. */
export const argumentBytes = 8;

/** Registers that expressions need for what has no name: an address being computed, a value on its way. */
const reserve: Readonly<Record<RegisterClass, number>> = { general: 2, vector: 1, mask: 0 };

/**
 * The names that live in the argument block, lightest first, until the others fit the registers: parameters, which lie
 * there already, and integers and addresses that never change, which are written there once. Nothing that an inner loop
 * changes is among them, and no vector: those fit, or the program is refused.
 */
export function namesInMemory(
  liveness: Liveness,
  program: Program,
  isa: Isa,
  convention: CallingConvention,
): ReadonlySet<string> {
  const parameters = new Set(program.parameters.map(({ name }) => name));
  const inMemory = new Set<string>();
  for (const registerClass of ["general", "vector"] as const) {
    const room = RegisterPool.sizeOf(registerClass, isa, convention) - reserve[registerClass];
    if (mostAtOnce(liveness, registerClass) <= room) continue;
    const ascending = [...liveness.lifetimes.values()]
      .filter((lifetime) => lifetime.class === registerClass)
      .sort((a, b) => a.from - b.from);
    const movable = ({ name, mutable }: Lifetime): boolean =>
      !mutable && (registerClass === "general" || parameters.has(name));
    for (;;) {
      const [lightest] = (crowded(ascending, inMemory, room) ?? [])
        .filter(movable)
        .sort((a, b) => a.weight - b.weight);
      if (!lightest) break;
      inMemory.add(lightest.name);
    }
  }
  return inMemory;
}

/** Whether a parameter is kept in a general register. */
export function isGeneral(parameter: Parameter): boolean {
  return parameter.kind === "pointer" || parameter.element === "i32";
}
