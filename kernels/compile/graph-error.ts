/**
 * What is wrong with a graph or a model: where, what was expected, what was found and what to do, as data and as one
 * sentence. Its own class, because it is a mistake in what was given, and the command line ends with "wrong usage".
 */

export interface GraphComplaint {
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
}

/** A graph that cannot be compiled, or a file that is no model we can read. */
export class GraphError extends Error {
  /** The node, tensor or part of the file. */
  readonly where: string;
  readonly complaint: GraphComplaint;

  constructor(where: string, complaint: GraphComplaint, cause?: unknown) {
    const { expected, found, remedy } = complaint;
    super(`${where}: expected ${expected}; found ${found}. ${remedy}`, cause === undefined ? {} : { cause });
    this.name = "GraphError";
    this.where = where;
    this.complaint = complaint;
  }
}
