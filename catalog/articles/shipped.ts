/**
 * The data files as they ship, not yet checked. Separate because importing this module parses all of them: whoever only
 * needs to know whether they changed reads digest.ts.
 */
import acceleration from "./articles-acceleration.json" with { type: "json" };
import distillation from "./articles-distillation.json" with { type: "json" };
import tools from "./articles-tools.json" with { type: "json" };
import claims from "./claims.json" with { type: "json" };
import type { DataFile } from "./files.ts";
import glossary from "./glossary.json" with { type: "json" };
import sections from "./sections.json" with { type: "json" };
import topics from "./topics.json" with { type: "json" };

export const shippedFiles: Readonly<Record<DataFile, unknown>> = {
  "topics.json": topics,
  "sections.json": sections,
  "glossary.json": glossary,
  "articles-distillation.json": distillation,
  "articles-acceleration.json": acceleration,
  "articles-tools.json": tools,
  "claims.json": claims,
};
