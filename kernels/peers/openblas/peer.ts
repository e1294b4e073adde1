/** OpenBLAS as a peer: with its best core type, on one thread, on the very operands of our kernels. */

import { addressOf } from "../../native/foreign.ts";
import type { PeerDescription } from "../../run-events.ts";
import type { Operands, Peer, PreparedProduct } from "../peer.ts";
import { bestCoreType, type RememberedChoice } from "./core-choice.ts";
import { meanRate, versionIn } from "./core-types.ts";
import { influences, loadOpenBlas, openBlasId } from "./library.ts";

export const openBlas: Peer = {
  id: openBlasId,
  title: "OpenBLAS of the system, through koffi",
  describe: async () => descriptionOf(await bestCoreType(), process.env),
  prepare: async (operands) => prepared(operands, await bestCoreType()),
};

function prepared({ shape, a, b, c }: Operands, choice: RememberedChoice): PreparedProduct {
  // Its own choice is left to itself: forced, an old version may name it otherwise.
  const blas = loadOpenBlas(choice.coreType === choice.automatic ? undefined : choice.coreType);
  const { m, n, k } = shape;
  const addresses = { a: addressOf(a), b: addressOf(b), c: addressOf(c) };
  // The views go along, so that their memory stays as long as the product can be run.
  const product = { m, n, k, alpha: 1, beta: 0, lda: k, ldb: n, ldc: n, ...addresses, views: [a, b, c] };
  return { run: () => blas.sgemm(product), result: () => c };
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Version, configuration, the chosen core type with what it gained, and what of the environment was ignored. */
export function descriptionOf(choice: RememberedChoice, env: Variables): PeerDescription {
  const { config, file } = choice;
  const reasons = [chosenBecause(choice), ...influences(env).map((name) => ignored(name, env, choice))];
  return {
    peer: openBlasId,
    version: versionIn(config),
    detail: `${file}, ${reasons.join("; ")} (${config})`,
  };
}

function chosenBecause({ coreType, automatic, gain, measured }: RememberedChoice): string {
  if (coreType !== automatic) {
    return `core type ${coreType}, ${gain.toFixed(2)}x as fast as its own choice ${automatic}`;
  }
  const compared = measured.length > 1 ? `, the best of ${measured.length} measured` : "";
  return `core type ${coreType}, its own choice${compared}`;
}

/** Says of a variable that it does not count and, of a core type that was measured, what it would have cost. */
function ignored(name: string, env: Variables, { measured, coreType }: RememberedChoice): string {
  const text = `${name}=${env[name]} of the environment is ignored`;
  const rateOf = (wanted: string | undefined): number | undefined => {
    const found = measured.find((one) => one.coreType.toLowerCase() === wanted?.toLowerCase());
    return found && meanRate(found);
  };
  const [best, asked] = [rateOf(coreType), rateOf(env[name])];
  if (name !== "OPENBLAS_CORETYPE" || !best || !asked || best === asked) return text;
  return `${text}: ${coreType} is ${(best / asked).toFixed(2)}x as fast`;
}
