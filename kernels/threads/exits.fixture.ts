/**
 * A program that starts a team and then ends in the way that its argument names: what the tests look at is that it
 * ends at all, and that its threads end with it.
 */
import { Team } from "./team.ts";

const team = new Team(3, new URL("./team-worker.fixture.ts", import.meta.url));
const task = team.prepare(
  "sleeps",
  () => null,
  () => {},
);
task.numbers[0] = 1;
task.run();
const [, , how] = process.argv;
process.stdout.write("ready\n");
if (how === "exit") process.exit(7);
if (how === "exit-at-work") {
  setTimeout(() => process.exit(7), 10);
  task.numbers[0] = 50;
  for (let time = 0; time < 1000; time++)
    await new Promise((resolve) => setImmediate(() => resolve(task.run())));
}
if (how === "busy") {
  task.numbers[0] = 60_000;
  task.run();
}
// Else the program has nothing more to do: idle members must not keep it.
