/** The real functions that integer ones are held against, in double precision. */

/** erf by Abramowitz & Stegun 1964, 7.1.26: within 1.5e-7. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const series =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - series * Math.exp(-x * x));
}

/** x Phi(x) (Hendrycks & Gimpel 2016), within 1e-6 on [-8, 8]. */
export const realGelu = (x: number): number => (x * (1 + erf(x / Math.SQRT2))) / 2;
