/** Reads an ONNX file. Its size is asked for before a byte is read, so that nothing is allocated for what is too large. */
import { readFileSync, statSync } from "node:fs";
import type { Graph } from "../graph.ts";
import { GraphError } from "../graph-error.ts";
import { type ImportOptions, importModel } from "./import.ts";

/**
 * Bytes that a file may have: 1 GiB, twice BERT-large in float32 and a half; protobuf itself ends at 2 GiB. Reading takes
 * about three times as much for a moment.
 */
export const mostFileBytes = 2 ** 30;

export interface ReadOptions extends ImportOptions {
  /** Default: `mostFileBytes`. */
  readonly mostBytes?: number;
}

/** The graph in a file. @throws GraphError that says what is wrong and where */
export function readOnnxFile(
  path: string,
  { mostBytes = mostFileBytes, ...options }: ReadOptions = {},
): Graph {
  const bytes = sizeOf(path, mostBytes);
  const content = readFileSync(path);
  if (content.length !== bytes)
    throw new GraphError(path, {
      expected: `${bytes} bytes, as the system said`,
      found: String(content.length),
      remedy: "The file changes while it is read; try again when it is complete.",
    });
  return importModel(content, options);
}

function sizeOf(path: string, mostBytes: number): number {
  const refuse = (expected: string, found: string, remedy: string, cause?: unknown): never => {
    throw new GraphError(path, { expected, found, remedy }, cause);
  };
  try {
    const status = statSync(path);
    if (!status.isFile())
      refuse("a file", status.isDirectory() ? "a folder" : "something else", "Name an .onnx file.");
    if (status.size === 0) refuse("an ONNX model", "an empty file", "Fetch or export it again.");
    if (status.size > mostBytes)
      refuse(`a file of at most ${mostBytes} bytes`, `${status.size}`, "Export a smaller model.");
    return status.size;
  } catch (error) {
    if (error instanceof GraphError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    return refuse("a file that can be read", code ?? String(error), "Check the path.", error);
  }
}
