/**
 * One program with every expression and statement there is, for tests that must leave nothing out: each operation on
 * each type that has it, on operands read from memory, results written one after the other.
 */
import {
  abs,
  add,
  advance,
  and,
  at,
  broadcast,
  bytesOf,
  constant,
  convert,
  div,
  type Element,
  equal,
  everySecond,
  exponent,
  floor,
  greater,
  greaterOrEqual,
  interleave,
  lane,
  less,
  lessOrEqual,
  load,
  type Mask,
  max,
  min,
  mul,
  multiplyAdd,
  type Name,
  negate,
  notEqual,
  or,
  type PointerName,
  reinterpret,
  remainder,
  round,
  scale,
  select,
  shiftLeft,
  shiftRight,
  shiftRightLogical,
  significand,
  splat,
  squareRoot,
  sub,
  sum,
  type Tail,
  type Value,
  xor,
} from "./expressions.ts";
import { type ProgramBuilder, program } from "./program.ts";
import type { Program } from "./statements.ts";

const comparisons: readonly ((left: Value, right: Value) => Mask)[] = [
  equal,
  notEqual,
  less,
  lessOrEqual,
  greater,
  greaterOrEqual,
];

/** Operations of every arithmetic type. */
function onNumbers(a: Name, b: Name, c: Name): Value[] {
  const both = [add, sub, mul, min, max].map((operation) => operation(a, b));
  return [
    ...both,
    multiplyAdd(a, b, c),
    negate(a),
    ...comparisons.map((compare) => select(compare(a, b), b, c)),
  ];
}

const onReals = (a: Name, b: Name): Value[] => [
  div(a, b),
  abs(a),
  squareRoot(a),
  round(a),
  floor(a),
  // With constants, which one instruction may do.
  min(a, 0.5),
  max(-2, b),
];
const onIntegers = (a: Name, b: Name): Value[] => [
  ...[and, or, xor].map((operation) => operation(a, b)),
  shiftLeft(a, 3),
  shiftRight(a, 2),
  shiftRightLogical(a, 5),
  reinterpret(a, "f32"),
];

/** What is defined for some numbers alone, on numbers that were made such. */
function powers(b: ProgramBuilder, x: Name, y: Name, put: Put): void {
  const normal = (of: Name): Name => {
    const size = b.let("size", abs(of));
    const finite = b.let("finite", select(less(size, 2 ** 100), size, 1.5));
    return b.let("normal", select(greater(finite, 2 ** -100), finite, 0.75));
  };
  const [a, c] = [normal(x), normal(y)];
  put(exponent(a));
  put(significand(a));
  const widest = x.type.element === "f32" ? 250 : 2000;
  const k = b.let("k", floor(sub(mul(significand(c), 2 * widest), 3 * widest)));
  put(scale(significand(a), k));
  put(scale(negate(significand(c)), negate(k)));
  if (x.type.element === "f32") put(reinterpret(select(equal(x, x), x, 0), "i32"));
}

/** Elements that one run reads from each input with vectors of this many bytes. */
export const everythingInputs = (vectorBytes: number): number => (3 * vectorBytes) / 4;
/** Room that its results need in each output, in elements. */
export const everythingOutputs = (vectorBytes: number): number => 128 * vectorBytes;

/**
 * Parameters `(f32 in, f64 in, i32 in, f32 out, f64 out, i32 out)`; inputs have `everythingInputs` elements.
 * Operations on scalars and on vectors of `vectorBytes`.
 */
export const everything = (vectorBytes: number): Program =>
  program("everything", (b) => {
    const elements: readonly Element[] = ["f32", "f64", "i32"];
    const inputs = elements.map((element) => b.pointer(`${element}In`, element));
    const outputs = elements.map((element) => b.pointer(`${element}Out`, element));
    const next = [0, 0, 0];
    const put: Put = (value, tail) => {
      const e = elements.indexOf(value.type.element);
      b.store(at(outputs[e] as PointerName, 0, next[e]), value, tail);
      next[e] = (next[e] as number) + value.type.lanes;
    };
    for (const [e, element] of elements.entries())
      for (const lanes of [1, vectorBytes / bytesOf[element]])
        operations(b, inputs[e] as PointerName, lanes, put);
    conversions(b, vectorBytes / 4, inputs as [PointerName, PointerName, PointerName], put);
    control(b, inputs[2] as PointerName, put);
  });

/** Writes a result to the next free place of its element type. */
type Put = (value: Value, tail?: Tail) => void;

function operations(b: ProgramBuilder, input: PointerName, lanes: number, put: Put): void {
  const { element } = input;
  const [x, y, z] = ["x", "y", "z"].map((name, i) => b.let(name, load(at(input, 0, i * lanes), lanes))) as [
    Name,
    Name,
    Name,
  ];
  for (const value of onNumbers(x, y, z)) put(value);
  for (const value of element === "i32" ? onIntegers(x, y) : onReals(x, y)) put(value);
  if (element !== "i32") powers(b, x, y, put);
  put(constant(element === "i32" ? -5 : 0.1, { element, lanes }));
  if (lanes === 1) return;
  put(sum(x));
  for (let l = 0; l < lanes; l++) put(lane(y, l));
  put(interleave("low", x, y));
  put(interleave("high", x, y));
  put(everySecond("even", x, y));
  put(everySecond("odd", x, y));
  put(broadcast(at(input, 0, 1), lanes));
  put(splat(load(at(input, 0, 2)), lanes));
  for (let count = -1; count <= lanes + 1; count++) {
    const tail = b.tail("tail", b.let("count", constant(count)), { element, lanes });
    put(load(at(input, 0, 1), lanes, tail));
    put(x, tail);
  }
}

/** Inputs that are converted one by one: the fewest that any vector size reads. */
const conversionInputs = 12;

function conversions(
  b: ProgramBuilder,
  lanes: number,
  [singles, doubles, integers]: [PointerName, PointerName, PointerName],
  put: Put,
): void {
  b.comment("every conversion there is");
  for (let i = 0; i < conversionInputs; i++) {
    put(convert(load(at(singles, i)), "f64"));
    put(convert(load(at(singles, i)), "i32"));
    put(convert(load(at(doubles, i)), "f32"));
    put(convert(load(at(doubles, i)), "i32"));
    put(convert(load(at(integers, i)), "f32"));
    put(convert(load(at(integers, i)), "f64"));
  }
  put(convert(load(at(singles), lanes), "i32"));
  put(convert(load(at(integers), lanes), "f32"));
}

function control(b: ProgramBuilder, integers: PointerName, put: Put): void {
  b.comment("loops, branches, variables and pointers that walk");
  const count = b.variable("count", constant(0));
  const walking = b.variable("walking", integers);
  b.loop("i", 0, conversionInputs, { unroll: 3 }, (i) => {
    b.set(count, add(count, remainder(load(at(walking)), 7)));
    b.set(walking, advance(walking, 1));
    b.if(
      less(load(at(integers, i)), 0),
      () => b.set(count, sub(count, 1)),
      () => b.set(count, min(max(count, sub(i, 5)), add(mul(i, 1000), 3))),
    );
  });
  b.loop("down", count, 0, {}, () => b.set(count, 1));
  put(count);
}
