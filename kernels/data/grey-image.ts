/**
 * A small grey image and strokes drawn into it: anti-aliased by the distance of each pixel's centre from a segment.
 * Separate from glyphs because it knows nothing of letters. Coordinates are pixels, y down; pixel (0, 0) has its centre
 * at (0.5, 0.5).
 */

/** x0, y0, x1, y1, … of a polyline. */
export type Polyline = ArrayLike<number>;

export interface GreyImage {
  readonly rows: number;
  readonly columns: number;
  /** Row by row; 0 is background, 1 full ink. */
  readonly pixels: Float32Array;
}

export function greyImage(rows: number, columns: number): GreyImage {
  return { rows, columns, pixels: new Float32Array(rows * columns) };
}

/**
 * Draws a polyline with round ends. A pixel's ink is how far it lies inside the edge, from 0 to 1 over one pixel; where
 * strokes meet, the stronger one counts, so a joint is not darker than a line.
 */
export function drawPolyline(image: GreyImage, line: Polyline, halfWidth: number): void {
  for (let at = 0; at + 3 < line.length; at += 2) {
    drawSegment(
      image,
      line[at] as number,
      line[at + 1] as number,
      line[at + 2] as number,
      line[at + 3] as number,
      halfWidth,
    );
  }
}

function drawSegment(
  { rows, columns, pixels }: GreyImage,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  halfWidth: number,
): void {
  const reach = halfWidth + 1;
  const top = Math.max(0, Math.floor(Math.min(y0, y1) - reach));
  const bottom = Math.min(rows, Math.ceil(Math.max(y0, y1) + reach));
  const left = Math.max(0, Math.floor(Math.min(x0, x1) - reach));
  const right = Math.min(columns, Math.ceil(Math.max(x0, x1) + reach));
  const dx = x1 - x0;
  const dy = y1 - y0;
  const square = dx * dx + dy * dy;
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const px = column + 0.5 - x0;
      const py = row + 0.5 - y0;
      const along = square > 0 ? Math.min(1, Math.max(0, (px * dx + py * dy) / square)) : 0;
      const ex = px - along * dx;
      const ey = py - along * dy;
      const ink = Math.min(1, halfWidth + 0.5 - Math.sqrt(ex * ex + ey * ey));
      const at = row * columns + column;
      if (ink > (pixels[at] as number)) pixels[at] = ink;
    }
  }
}

/** Sets a rectangle of whole pixels, cut off at the edges. */
export function fillRectangle(
  image: GreyImage,
  box: { readonly top: number; readonly left: number; readonly rows: number; readonly columns: number },
  value: number,
): void {
  for (let row = Math.max(0, box.top); row < Math.min(image.rows, box.top + box.rows); row++) {
    const first = row * image.columns + Math.max(0, box.left);
    const end = row * image.columns + Math.min(image.columns, box.left + box.columns);
    if (end > first) image.pixels.fill(value, first, end);
  }
}
