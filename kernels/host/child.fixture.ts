/** Main file of the child process that runs the fixture experiments; see child.ts. */
import { fixtureById } from "./experiments.fixture.ts";
import { serveCell } from "./serve.ts";

await serveCell(fixtureById);
