/** Deep mutual learning: untrained networks learn from labels and from one another, batch by batch. */
import { z } from "zod";
import { dml } from "../losses/dml.ts";
import { lossInputs } from "./loss-inputs.ts";
import { graduate, method } from "./method.ts";
import type { Trace } from "./network.ts";

export const mutual = method({
  id: "mutual",
  title: dml.title,
  paper: dml.paper,
  trains: "the student and peers together, each on labels and on the others' answers; the student is judged",
  params: z.object({
    peers: z.int().min(1).default(1),
    /** A network of the study (default: the student's kind). */
    peer: z.string().optional(),
  }),
  async train(room, { peers, peer }) {
    const spec = peer === undefined ? room.student : room.others[peer];
    if (!spec) throw new RangeError(`expected the study to have a network ${peer}; found none`);
    const student = room.network();
    const others = Array.from({ length: peers }, (_, i) => [`peer${i}`, room.network(spec, `peer ${i}`)]);
    const curves = await room.fit({
      networks: { student, ...Object.fromEntries(others) },
      loss: (traces, { labels }) => {
        const networks = Object.values<Trace>(traces).map(({ logits }, i) => [`net${i}`, logits] as const);
        return (dml.variants.pytorch as (typeof dml.variants)[string]).compute(
          lossInputs({ ...Object.fromEntries(networks), labels }),
          {},
        ).loss;
      },
    });
    return graduate(room, student, curves);
  },
});
