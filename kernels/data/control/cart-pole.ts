/**
 * Balancing a pole on a cart that is pushed left or right (Barto, Sutton & Anderson 1983, appendix), with the constants and
 * limits that Gym's CartPole-v1 made common. Each step is worth 1; the pole falls without control within some 20 steps.
 */
import { labelSeed, randomStream } from "../../random.ts";
import { cosine, sine } from "../portable-math.ts";
import { type ControlTask, requireAction } from "./task.ts";

// Metres, kilograms, seconds, newtons.
const gravity = 9.8;
const cartMass = 1;
const poleMass = 0.1;
const halfPole = 0.5;
const push = 10;
const interval = 0.02;
const farthest = 2.4;
const widest = (12 * Math.PI) / 180;

/** Observations: place and speed of the cart, angle and angular speed of the pole (0 is upright). */
export const cartPole: ControlTask = {
  name: "cart-pole",
  observations: 4,
  actions: ["left", "right"],
  longest: 500,
  begin(seed) {
    const random = randomStream(labelSeed(seed, "cart-pole"));
    const small = (): number => 0.1 * random() - 0.05;
    let [place, speed, angle, spin] = [small(), small(), small(), small()];
    let steps = 0;
    let over = false;
    return {
      observe: () => Float32Array.of(place, speed, angle, spin),
      act(action) {
        requireAction(cartPole, action, over);
        const acceleration = accelerations(action === 1 ? push : -push, angle, spin);
        // Explicit Euler: places move by the old speeds.
        place += interval * speed;
        speed += interval * acceleration.cart;
        angle += interval * spin;
        spin += interval * acceleration.pole;
        steps++;
        over = Math.abs(place) > farthest || Math.abs(angle) > widest || steps >= cartPole.longest;
        return { reward: 1, done: over };
      },
    };
  },
};

function accelerations(
  force: number,
  angle: number,
  spin: number,
): { readonly cart: number; readonly pole: number } {
  const [cos, sin] = [cosine(angle), sine(angle)];
  const mass = cartMass + poleMass;
  const common = (force + poleMass * halfPole * spin * spin * sin) / mass;
  const pole = (gravity * sin - cos * common) / (halfPole * (4 / 3 - (poleMass * cos * cos) / mass));
  return { pole, cart: common - (poleMass * halfPole * pole * cos) / mass };
}
