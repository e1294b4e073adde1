/** The parameters of a program by name, in the order integers, scalars, doubles, tables, pointers, optional pointers. */
import type { Name, PointerName } from "../../codegen/expressions.ts";
import type { ProgramBuilder } from "../../codegen/program.ts";
import type { Real } from "../../gemm/arguments.ts";

interface Wanted<
  I extends string,
  S extends string,
  D extends string,
  T extends string,
  P extends string,
  O extends string,
> {
  readonly integers: readonly I[];
  /** Scalars of double precision, whatever the element. */
  readonly scalars?: readonly S[];
  /** Pointers to doubles, whatever the element. */
  readonly doubles?: readonly D[];
  /** Pointers to integers. */
  readonly tables?: readonly T[];
  readonly pointers: readonly P[];
  /** Pointers of what a layer may lack, and whether it has it. */
  readonly optional?: Readonly<Record<O, boolean>>;
}

type Declared<I extends string, S extends string, P extends string, O extends string> = Readonly<
  Record<I | S, Name> & Record<P, PointerName> & Record<O, PointerName | undefined>
>;

/** Declares parameters, and gives them by name; pointers are of one element type. */
export function declare<
  const I extends string,
  const P extends string,
  const S extends string = never,
  const D extends string = never,
  const T extends string = never,
  const O extends string = never,
>(b: ProgramBuilder, element: Real, wanted: Wanted<I, S, D, T, P, O>): Declared<I, S, P | D | T, O> {
  const { integers, scalars = [], doubles = [], tables = [], pointers, optional } = wanted;
  const declared: Record<string, Name | PointerName | undefined> = {};
  for (const name of integers) declared[name] = b.integer(name);
  for (const name of scalars) declared[name] = b.scalar(name, "f64");
  for (const name of doubles) declared[name] = b.pointer(name, "f64");
  for (const name of tables) declared[name] = b.pointer(name, "i32");
  for (const name of pointers) declared[name] = b.pointer(name, element);
  for (const [name, there] of Object.entries(optional ?? {}))
    declared[name] = there ? b.pointer(name, element) : undefined;
  return declared as Declared<I, S, P | D | T, O>;
}

/** `-weight-bias`: which optional pointers there are, for the name of a program. */
export function optionalText(optional: Readonly<Record<string, boolean>>): string {
  return Object.entries(optional)
    .map(([name, there]) => (there ? `-${name}` : ""))
    .join("");
}
