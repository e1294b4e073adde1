/**
 * Second thread of the child process. It listens to the host while the first is busy in a kernel, maybe for ever: it
 * passes the job on, raises the flag when the host says stop, and kills the process when the host is gone, which the
 * closing of the pipe tells however the host died.
 */
import { Socket } from "node:net";
import { createInterface } from "node:readline";
import { parentPort, workerData } from "node:worker_threads";
import { controlDescriptor, stopCommand } from "./protocol.ts";

const { stop } = workerData as { readonly stop: Int32Array };

const control = new Socket({ fd: controlDescriptor, readable: true, writable: false });
const hostIsGone = (): void => {
  process.kill(process.pid, "SIGKILL");
};
control.on("error", hostIsGone);
control.on("close", hostIsGone);

createInterface({ input: control }).on("line", (line) => {
  if (line === stopCommand) Atomics.store(stop, 0, 1);
  else parentPort?.postMessage(line);
});
