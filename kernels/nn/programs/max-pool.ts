/**
 * Maximum pooling as vector programs: the largest element of each window and, for the gradient, its place in the image.
 * Of equal elements the first one counts, row by row; NaN is larger than anything (as in PyTorch).
 */
import {
  add,
  at,
  constant,
  convert,
  greater,
  load,
  max,
  mul,
  type Name,
  notEqual,
  type PointerName,
  select,
  splat,
  type Value,
} from "../../codegen/expressions.ts";
import { type ProgramBuilder, program } from "../../codegen/program.ts";
import type { NamedProgram } from "../operation.ts";
import { declare } from "./parameters.ts";
import { rowAt, stretchOf, sweep, write } from "./sweep.ts";
import {
  type Dilation,
  type Images,
  overElements,
  overWindows,
  poolIntegers,
  type Regular,
  type WindowSpan,
} from "./windows.ts";

export interface MaxPoolParts {
  readonly regular: Regular | undefined;
  readonly dilation: Dilation;
  /** Whether places are wanted: gradients need them. */
  readonly places: boolean;
}

/** `-3of2`: how windows lie, for the name of a program. */
export const regularText = (regular: Regular | undefined): string =>
  regular ? `-${regular.width}by${regular.stride}` : "";

/**
 * Parameters `(planes, height, width, rows, columns, from, to, windows, steps, x, y, [places])`. Places are numbers of
 * elements within a plane, stored as floating-point numbers so that vectors hold them beside the maxima: in f32 exact
 * up to 2^24. `steps` is one vector, the distances of the windows' left ends from the first one's.
 */
export const maxPool = ({ regular, dilation, places: wanted }: MaxPoolParts): NamedProgram => ({
  name: `max-pool${regularText(regular)}-d${dilation.y}x${dilation.x}${wanted ? "-places" : ""}`,
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        ...{ integers: poolIntegers, tables: ["windows"], pointers: ["steps", "x", "y"] },
        optional: { places: wanted },
      });
      overWindows(b, p, type, regular !== undefined, (span, plane) => {
        const image = rowAt(b, "image", p.x, plane);
        const images = { width: p.width, regular, dilation };
        const { best, place } = largest(b, span, image, images, wanted ? p.steps : undefined);
        b.store(at(p.y, span.place), best, span.tails?.windows);
        if (p.places && place) b.store(at(p.places, span.place), place, span.tails?.windows);
      });
    }),
});

/** The largest element of each window of a span, and where it lies if `steps` are given. */
function largest(
  b: ProgramBuilder,
  span: WindowSpan,
  image: PointerName,
  images: Images,
  steps: PointerName | undefined,
): { readonly best: Name; readonly place: Name | undefined } {
  const { type, top, left } = span;
  const best = b.variable("best", constant(Number.NEGATIVE_INFINITY, type));
  const placeOf = (scalar: Value): Value => {
    const first = splat(convert(scalar, type.element), type.lanes);
    return type.lanes === 1 ? first : add(first, load(at(steps as PointerName), type.lanes));
  };
  const start = add(mul(top, images.width), left);
  const place = steps && b.variable("place", placeOf(start));
  overElements(b, span, image, images, (loaded, row, column) => {
    if (!place) {
      b.set(best, max(best, loaded));
      return;
    }
    const element = b.let("element", loaded);
    const here = b.let("here", placeOf(add(row, column)));
    b.set(place, select(greater(element, best), here, select(notEqual(element, element), here, place)));
    b.set(best, max(best, element));
  });
  return { best, place };
}

/** Parameters `(planes, pixels, results, gradY, places, gradX)`: each gradient goes to where its maximum was. */
export const maxPoolGradient: NamedProgram = {
  name: "max-pool-gradient",
  write: (name, type) =>
    program(name, (b) => {
      const p = declare(b, type.element, {
        integers: ["planes", "pixels", "results"],
        pointers: ["gradY", "places", "gradX"],
      });
      const stretch = stretchOf(b, p.pixels, type);
      b.loop("n", 0, p.planes, {}, (n) => {
        const image = rowAt(b, "image", p.gradX, mul(n, p.pixels));
        sweep(b, stretch, 1, (span) => write(b, image, span, constant(0, type)));
        const first = b.let("firstResult", mul(n, p.results));
        b.loop("i", 0, p.results, {}, (i) => {
          const place = b.let("place", convert(load(at(p.places, add(first, i))), "i32"));
          b.store(at(image, place), add(load(at(image, place)), load(at(p.gradY, add(first, i)))));
        });
      });
    }),
};
