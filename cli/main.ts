/**
 * Entry of the bundle: the program with the real experiments. bin/kdaccel.js has checked Node before it imports this.
 */
import { laboratory } from "./laboratory.ts";
import { runProgram } from "./program.ts";

await runProgram(process.argv.slice(2), laboratory);
