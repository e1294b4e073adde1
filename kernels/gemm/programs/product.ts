/**
 * What all programs that add a product have in common: their parameters, `(m, n, k, alpha, a, lda, b, ldb, c, ldc)`.
 */
import type { Name, PointerName } from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { Program } from "../../codegen/statements.ts";
import type { GemmCall, Real } from "../arguments.ts";

export interface ProductParameters {
  readonly m: Name;
  readonly n: Name;
  readonly k: Name;
  readonly alpha: Name;
  readonly a: PointerName;
  readonly lda: Name;
  readonly b: PointerName;
  readonly ldb: Name;
  readonly c: PointerName;
  readonly ldc: Name;
}

/** A program C += alpha A B; `write` gets the builder and the parameters. */
export function productProgram(
  name: string,
  element: Real,
  write: (builder: ProgramBuilder, parameters: ProductParameters) => void,
): Program {
  return program(name, (b) =>
    write(b, {
      m: b.integer("m"),
      n: b.integer("n"),
      k: b.integer("k"),
      alpha: b.scalar("alpha", element),
      a: b.pointer("a", element),
      lda: b.integer("lda"),
      b: b.pointer("b", element),
      ldb: b.integer("ldb"),
      c: b.pointer("c", element),
      ldc: b.integer("ldc"),
    }),
  );
}

/** The arguments in the order in which a product program takes them. */
export function productArguments(call: GemmCall): number[] {
  return [call.m, call.n, call.k, call.alpha, call.a, call.lda, call.b, call.ldb, call.c, call.ldc];
}
