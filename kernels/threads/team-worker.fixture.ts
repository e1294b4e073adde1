/** Main file of a member with the tests' tasks; see team-worker.ts. */
import { serveMember } from "./member.ts";
import { trialTasks } from "./tasks.fixture.ts";

await serveMember(trialTasks);
