/**
 * Why a peer cannot take part, as one line for a person. A class of its own, because an absent peer is no failure of a
 * run: whoever asks for peers says the line and goes on without it.
 */

export class PeerUnavailable extends Error {
  readonly peer: string;
  /** What was found instead. */
  readonly reason: string;
  /** What to do, without a full stop. */
  readonly remedy: string;

  constructor(peer: string, reason: string, remedy: string, cause?: unknown) {
    super(`${peer} does not take part: ${reason}. ${remedy}.`, { cause });
    this.name = "PeerUnavailable";
    this.peer = peer;
    this.reason = reason;
    this.remedy = remedy;
  }
}
