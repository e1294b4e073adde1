/**
 * What the catalog knows about which experiments match: ids of topics and claims, to be looked up in the registry,
 * which this floor does not see.
 */

import type { Connection } from "./database/open.ts";
import { articleNumber } from "./identifiers.ts";

/** A topic with everything below it, itself first; empty where there is no such topic. */
export function topicSubtree(db: Connection, topic: string): string[] {
  return db
    .prepare<[string], string>(
      `WITH RECURSIVE below (id) AS (
         SELECT id FROM topic WHERE id = ?
         UNION ALL SELECT t.id FROM topic t JOIN below b ON t.parent = b.id)
       SELECT id FROM below`,
    )
    .pluck()
    .all(topic);
}

/** Ids of all topics. */
export function topicIds(db: Connection): string[] {
  return db.prepare<[], string>("SELECT id FROM topic ORDER BY id").pluck().all();
}

/** Ids of all claims. */
export function claimIds(db: Connection): string[] {
  return db.prepare<[], string>("SELECT id FROM claim ORDER BY id").pluck().all();
}

/** The number of an article that is typed as `54` or `#54`, or undefined where there is no such article. */
export function existingArticle(db: Connection, typed: string): number | undefined {
  const number = articleNumber(typed);
  if (number === undefined) return undefined;
  return db.prepare<[number], number>("SELECT number FROM article WHERE number = ?").pluck().get(number);
}

/** What an article can be tested by: its claims, and its topics, each in the list's order. */
export function testableIn(db: Connection, article: number): { claims: string[]; topics: string[] } {
  const ids = (sql: string): string[] => db.prepare<[number], string>(sql).pluck().all(article);
  return {
    claims: ids("SELECT id FROM claim WHERE article = ? ORDER BY position"),
    topics: ids("SELECT topic FROM article_topic WHERE article = ? ORDER BY position"),
  };
}

/** The article that a claim stands in; null for the list's own prose and for a claim that the list dropped. */
export function articleOfClaim(db: Connection, claim: string): number | null {
  const found = db
    .prepare<[string], number | null>("SELECT article FROM claim WHERE id = ?")
    .pluck()
    .get(claim);
  return found ?? null;
}
