/** The machine and the software that a run was made on. */
import type { Environment } from "../../kernels/run-events.ts";
import { table, text } from "../markdown.ts";
import { formatBytes, formatCount, formatNumber } from "../numbers.ts";

/** Blocks of Markdown: heading and table. */
export function machineSection(environment: Environment): string[] {
  const { cpu, cores, arch, isa, caches, memoryBytes, os, node, v8, kdaccel, virtualised, load, nativeIsa } =
    environment;
  const peers = environment.peers ?? [];
  const rows: readonly (readonly [string, string])[] = [
    ["Processor", text(`${cpu}, ${formatCount(cores)} ${cores === 1 ? "core" : "cores"}, ${arch}`)],
    ["Instruction sets", isa.length > 0 ? text(isa.join(", ")) : "not known"],
    ["Caches", caches.length > 0 ? caches.map(cacheText).join("; ") : "not known"],
    ...(nativeIsa ? [["Native kernels", text(`for ${nativeIsa}`)] as const] : []),
    ["Memory", formatBytes(memoryBytes)],
    ["Operating system", text(os)],
    ["Virtualised", virtualised === null ? "no, or not to be seen" : text(virtualised)],
    ["Load at the start", formatNumber(load)],
    ["Software", text(`kdaccel ${kdaccel}, Node ${node}, V8 ${v8}`)],
    ...peers.map(
      ({ peer, version, detail }) => [text(`Peer ${peer}`), text(`${version}: ${detail}`)] as const,
    ),
  ];
  return ["## Machine", table([{ title: "" }, { title: "" }], rows)];
}

function cacheText({ level, bytes, ways, lineBytes }: Environment["caches"][number]): string {
  return text(`${level} ${formatBytes(bytes)}, ${ways}-way, lines of ${lineBytes} B`);
}
