/** How well two encoders agree, whatever their scales. */

/** Pearson's coefficient of two lists of one length. */
export function correlation(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const count = left.length;
  const mean = (values: ArrayLike<number>): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += values[i] as number;
    return sum / count;
  };
  const [a, b] = [mean(left), mean(right)];
  let [both, ofLeft, ofRight] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const [x, y] = [(left[i] as number) - a, (right[i] as number) - b];
    both += x * y;
    ofLeft += x * x;
    ofRight += y * y;
  }
  return both / Math.sqrt(ofLeft * ofRight);
}
