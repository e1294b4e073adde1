/**
 * The set `glyphs`: digits and letters of 28 x 28 pixels, drawn from strokes. It stands in for MNIST where nothing may be
 * downloaded, with difficulty as a setting: what a small network can learn of it, and what it cannot, is known to come
 * from the distortion, because the undistorted glyphs are told apart without an error.
 */
import type { DataSet } from "../data-set.ts";
import { type DrawnOptions, drawnSet } from "../drawn-set.ts";
import { type Difficulty, type Distortion, distortions, drawDistorted } from "./distortion.ts";
import { type Character, polylinesOf } from "./strokes.ts";

const digits = [..."0123456789"] as Character[];
const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"] as Character[];

/** Characters by name. With both, the letter O is left out: distorted, it is a zero. */
export const alphabets = {
  digits,
  letters,
  both: [...digits, ...letters.filter((letter) => letter !== "O")],
} as const satisfies Record<string, readonly Character[]>;

export interface GlyphOptions extends DrawnOptions {
  /** Default: digits. */
  readonly alphabet?: keyof typeof alphabets;
  /** A row of the table, or a distortion of one's own (default: normal). */
  readonly difficulty?: Difficulty | Distortion;
  /** Pixels of a side (default 28). */
  readonly side?: number;
}

/**
 * Fields: `image` [1, side, side] from 0 (background) to 1 (ink); `label`, a character of the alphabet. Example i shows
 * character i modulo the number of classes, so any leading part of a split is balanced: shuffle before training.
 */
export function glyphs(options: GlyphOptions = {}): DataSet {
  const { alphabet = "digits", difficulty = "normal", side = 28 } = options;
  const classes = alphabets[alphabet];
  const distortion = typeof difficulty === "string" ? distortions[difficulty] : difficulty;
  const lines = classes.map(polylinesOf);
  return drawnSet(
    {
      name: "glyphs",
      classes,
      fields: [
        { name: "image", shape: [1, side, side], role: "input", meaning: "ink of each pixel, 0 to 1" },
        { name: "label", shape: [], role: "target", values: classes.length, meaning: "which character" },
      ],
      draw(random, index) {
        const label = index % classes.length;
        const image = drawDistorted(lines[label] ?? [], side, distortion, random);
        return { image: image.pixels, label: [label] };
      },
    },
    options,
  );
}
