/**
 * What goes wrong while a kernel is written or compiled: always what was expected, what was found and the remedy, as
 * data, so that a test can ask for the parts and a person reads one sentence. Separate because every stage throws it.
 */

export interface Complaint {
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;
}

/** A mistake in a vector program or in how it is compiled or called; carries its parts as data. */
export class ProgramError extends Error {
  readonly complaint: Complaint;

  constructor(where: string, complaint: Complaint) {
    super(`${where}: expected ${complaint.expected}; found ${complaint.found}. ${complaint.remedy}`);
    this.name = "ProgramError";
    this.complaint = complaint;
  }
}
