/** Main file of a member with the real tasks. Its own file because the bundle needs it as an entry; see member.ts. */
import { serveMember } from "./member.ts";
import { tasks } from "./tasks.ts";

await serveMember(tasks);
