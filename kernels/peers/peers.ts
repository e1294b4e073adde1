/** Every peer, and which of them are here. */
import type { PeerDescription } from "../run-events.ts";
import { onnxRuntimeNode, onnxRuntimeWeb } from "./onnxruntime.ts";
import { openBlas } from "./openblas/peer.ts";
import type { Peer } from "./peer.ts";
import { tensorFlowWasm } from "./tensorflow.ts";
import { PeerUnavailable } from "./unavailable.ts";

/** In the order in which tables show them: native libraries first. */
export const peers: readonly Peer[] = [openBlas, onnxRuntimeNode, onnxRuntimeWeb, tensorFlowWasm];

/** The peer with this id. @throws RangeError where there is none */
export function peerById(id: string): Peer {
  const found = peers.find((peer) => peer.id === id);
  if (found) return found;
  throw new RangeError(`expected one of ${peers.map((peer) => peer.id).join(", ")}, found peer "${id}"`);
}

export interface FoundPeers {
  readonly found: readonly PeerDescription[];
  /** A line for each that is absent, with what to do. */
  readonly missing: readonly string[];
}

/**
 * Looks for every peer. The first time on a machine it measures which core type OpenBLAS is to use, some seconds.
 *
 * @throws whatever a peer throws that is no PeerUnavailable
 */
export async function findPeers(all: readonly Peer[] = peers): Promise<FoundPeers> {
  const found: PeerDescription[] = [];
  const missing: string[] = [];
  for (const peer of all) {
    try {
      found.push(await peer.describe());
    } catch (error) {
      if (!(error instanceof PeerUnavailable)) throw error;
      missing.push(error.message);
    }
  }
  return { found, missing };
}
