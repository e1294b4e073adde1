/** The generated code as a reader sees it, and proof that the text is the code that runs. */
import { expect, test } from "vitest";
import wabtModule from "wabt";
import { planGemm } from "../gemm/variants.ts";
import { kernelText } from "./compile.ts";
import { everything } from "./everything.fixture.ts";
import { and, at, constant, load, multiplyAdd, splat, sum } from "./expressions.ts";
import { packedIntegers } from "./packed-integers.fixture.ts";
import { program } from "./program.ts";
import type { Program } from "./statements.ts";
import { traceText } from "./trace.ts";
import { encodeModule } from "./wasm/encode.ts";
import { lowerToWasm } from "./wasm/lower.ts";

const axpy = program("axpy", (b) => {
  const n = b.integer("n");
  const alpha = b.scalar("alpha", "f32");
  const x = b.pointer("x", "f32");
  const y = b.pointer("y", "f32");
  b.loop("i", 0, n, {}, (i) => b.store(at(y, i), multiplyAdd(alpha, load(at(x, i)), load(at(y, i)))));
});

const dot4 = program("dot4", (b) => {
  const n = b.integer("n");
  const x = b.pointer("x", "f32");
  const y = b.pointer("y", "f32");
  const s = b.variable("s", constant(0, { element: "f32", lanes: 4 }));
  b.comment("whole vectors only");
  b.loop("i", 0, and(n, -4), { step: 4 }, (i) =>
    b.set(s, multiplyAdd(load(at(x, i), 4), load(at(y, i), 4), s)),
  );
  b.store(at(y), sum(s));
});

test("JavaScript of axpy, strict: every operation rounded to f32", () => {
  expect(kernelText(axpy, "js", { arithmetic: "strict" })).toMatchInlineSnapshot(`
    "function axpy(n, alpha, x, y) {
      n |= 0;
      alpha = fround(alpha);
      x >>>= 2; // byte address to index of f32
      y >>>= 2; // byte address to index of f32
      for (let i = 0; i < n; i++) {
        f32[y + i] = fround(fround(alpha * f32[x + i]) + f32[y + i]);
      }
    }
    "
  `);
});

test("JavaScript of a dot product, fast: four lanes are four variables in double precision", () => {
  expect(kernelText(dot4, "js")).toMatchInlineSnapshot(`
    "function dot4(n, x, y) {
      n |= 0;
      x >>>= 2; // byte address to index of f32
      y >>>= 2; // byte address to index of f32
      let s_0 = 0;
      let s_1 = 0;
      let s_2 = 0;
      let s_3 = 0;
      // whole vectors only
      const iTo = n & (-4);
      for (let i = 0; i < iTo; i += 4) {
        s_0 = f32[x + i] * f32[y + i] + s_0;
        s_1 = f32[x + i + 1] * f32[y + i + 1] + s_1;
        s_2 = f32[x + i + 2] * f32[y + i + 2] + s_2;
        s_3 = f32[x + i + 3] * f32[y + i + 3] + s_3;
      }
      f32[y] = (s_0 + s_2) + (s_1 + s_3);
    }
    "
  `);
});

test("WebAssembly of a dot product, fast: fused multiply-add on vectors", () => {
  expect(kernelText(dot4, "wasm")).toMatchInlineSnapshot(`
    "(module
      (import "kdaccel" "memory" (memory 0))
      (func $dot4 (export "run")
        (param $n i32)
        (param $x i32)
        (param $y i32)
        (local $s v128)
        (local $iTo i32)
        (local $i i32)
        (local $sum.f32x4 v128)
        (local.set $s (v128.const f32x4 0 0 0 0))
        ;; whole vectors only
        (local.set $iTo (i32.and (local.get $n) (i32.const -4)))
        (i32.lt_s (local.tee $i (i32.const 0)) (local.get $iTo))
        if
          loop
            (local.set $s
              (f32x4.relaxed_madd
                (v128.load align=4 (i32.add (local.get $x) (i32.shl (local.get $i) (i32.const 2))))
                (v128.load align=4 (i32.add (local.get $y) (i32.shl (local.get $i) (i32.const 2))))
                (local.get $s)))
            (br_if 0 (i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $iTo)))
          end
        end
        (f32.store
          (local.get $y)
          (f32x4.extract_lane 0
            (f32x4.add
              (local.tee $sum.f32x4
                (f32x4.add
                  (local.tee $sum.f32x4 (local.get $s))
                  (i8x16.shuffle 8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7
                    (local.get $sum.f32x4)
                    (local.get $sum.f32x4))))
              (i8x16.shuffle 4 5 6 7 8 9 10 11 12 13 14 15 0 1 2 3
                (local.get $sum.f32x4)
                (local.get $sum.f32x4)))))
      )
    )
    "
  `);
});

test("trace of a dot product: its loop and its addresses, no arithmetic on data", () => {
  expect(traceText(dot4)).toMatchInlineSnapshot(`
    "function dot4(visit, n, x, y) {
      x /= 4; // byte address to index of f32
      y /= 4; // byte address to index of f32
      const iTo = (n & (-4));
      for (let i = 0; i < iTo; i += 4) {
        visit((x + i) * 4, 16, false);
        visit((y + i) * 4, 16, false);
      }
      visit((y) * 4, 4, true);
    }
    "
  `);
});

test("splats, broadcasts and constants are one variable in JavaScript", () => {
  const fill = program("fill", (b) => {
    const value = b.scalar("value", "f32");
    const x = b.pointer("x", "f32");
    const lanes = b.let("lanes", splat(value, 4));
    b.store(at(x, 0, 4), lanes);
  });
  expect(kernelText(fill, "js")).toMatchInlineSnapshot(`
    "function fill(value, x) {
      value = fround(value);
      x >>>= 2; // byte address to index of f32
      const lanes = value;
      f32[x + 4] = lanes;
      f32[x + 5] = lanes;
      f32[x + 6] = lanes;
      f32[x + 7] = lanes;
    }
    "
  `);
});

const shown: readonly Program[] = [
  axpy,
  dot4,
  everything(16),
  packedIntegers(4),
  ...Object.values(planGemm("micro-4x8").programs),
];

test.each(shown.map((shownProgram) => [shownProgram.name, shownProgram] as const))(
  "an independent assembler turns the text of %s into the bytes that run",
  async (_, shownProgram) => {
    const wabt = await wabtModule();
    for (const arithmetic of ["strict", "fast"] as const)
      for (const shared of [false, true]) {
        const features = { relaxed_simd: true, threads: true } as never;
        const text = kernelText(shownProgram, "wasm", { arithmetic, shared });
        const parsed = wabt.parseWat("kernel.wat", text, features);
        // @ts-expect-error the package's types do not know that validate takes features, without which it has none
        parsed.validate(features);
        const { buffer } = parsed.toBinary({});
        const runs = encodeModule(lowerToWasm(shownProgram, arithmetic), shared);
        expect(Buffer.from(buffer).equals(runs)).toBe(true);
        parsed.destroy();
      }
  },
);
