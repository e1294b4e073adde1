/**
 * Main file of the child process that runs the real experiments. Its own file because the bundle needs it as an entry,
 * and because the tests' child (child.fixture.ts) differs in nothing but the experiments.
 */
import { runnableById } from "../registry.ts";
import { serveCell } from "./serve.ts";

await serveCell(runnableById);
