import fc from "fast-check";
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { describe, expect, it } from "vitest";
import { code, codeBlock, link, table, text } from "./markdown.ts";

/** What a forge makes of it, foreign HTML let through, so that nothing is hidden by micromark's own safety. */
const html = (markdown: string): string =>
  micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });

const entities: Readonly<Record<string, string>> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&amp;": "&" };
const decoded = (encoded: string): string =>
  encoded.replace(/&(lt|gt|quot|amp);/g, (each) => entities[each] ?? "");

const hostile = [
  "<script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "[click](javascript:alert(1))",
  "![x](http://evil.example/pixel.png)",
  "[a]: http://evil.example",
  "**bold** _soft_ ~~gone~~ `code`",
  "a | b | c",
  "# heading",
  "- item",
  "1. item",
  "> quote",
  "---",
  "===",
  "&lt;b&gt; &#60;b&#62; &copy;",
  "https://evil.example/ and www.evil.example",
  "back\\slash \\| \\` end\\",
  "$x$ and $$y$$",
  "[x] [^1] [ ] done",
  "snake_case _lead trail_ __init__",
];

describe("foreign text in Markdown", () => {
  it.each(hostile)("is shown as it stands: %s", (foreign) => {
    expect(html(text(foreign))).toMatch(/^<p>[^<]*<\/p>$/);
    expect(decoded(html(text(foreign)).slice(3, -4))).toBe(foreign);
  });

  it("loses what a terminal obeys, what reorders and what breaks lines", () => {
    expect(text("a\u001b[31mred\u001b[0m b\u202ec\nd\r\n# e\u2028f\u0000")).toBe("ared bc d # e f");
  });

  it("stays one paragraph of the same words for any string", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab1 *_`[]()!<>#&;:/.\\|~-+=@$w\"'") }), (foreign) => {
        // A mail address becomes a link in GFM whatever is escaped, which harms nobody.
        fc.pre(!foreign.includes("@"));
        const plain = foreign.replace(/\s+/g, " ").trim();
        const shown = html(text(foreign));
        expect(decoded(shown.replace(/^<p>|<\/p>$/g, ""))).toBe(plain);
      }),
      { numRuns: 2000 },
    );
  });

  it("stays unescaped where nothing would happen", () => {
    const plain = "speed-up 1.93x [1.9, 1.97] of sse4_1 (wasm), #52: 0.1.0";
    expect(text(plain)).toBe(plain);
  });
});

describe("code, links and tables", () => {
  it("keeps any text inside its code, also backticks", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab`<|\\*") }), (foreign) => {
        fc.pre(foreign !== "");
        const shown = html(`x ${code(foreign)} y`);
        expect(decoded(/^<p>x <code>([^<]*)<\/code> y<\/p>$/.exec(shown)?.[1] ?? "")).toBe(foreign);
      }),
    );
  });

  it("makes links of web addresses alone", () => {
    expect(link("a [b] c", "https://example.org/x(1)?q=a|b&lt;=2")).toBe(
      "[a [b] c](https://example.org/x%281%29?q=a%7Cb&amp;lt;=2)",
    );
    expect(link("label", "javascript:alert(1)")).toBe("label");
    expect(link("label", "data:text/html,x")).toBe("label");
    expect(link("label", null)).toBe("label");
  });

  it("makes one link of any label", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."ab []()!\\`<") }), (label) => {
        const shown = html(`x ${link(label, "https://example.org/")} y`);
        expect(shown.match(/<a /g)).toHaveLength(1);
        expect(shown).toContain('href="https://example.org/"');
      }),
    );
  });

  it("keeps bars inside their cells, in text and in code", () => {
    const shown = html(table([{ title: "a" }, { title: "b" }], [[text("x | y"), code("p|q")]]));
    expect(shown.match(/<td/g)).toHaveLength(2);
    expect(shown).toContain("x | y");
    expect(shown).toContain("<code>p|q</code>");
  });

  it("aligns cells with Chinese text in the raw file", () => {
    const [first, , second] = table([{ title: "蒸馏" }, { title: "b" }], [["abcd", "x"]]).split("\n");
    expect(first).toBe("| 蒸馏 | b  |");
    expect(second).toBe("| abcd | x  |");
  });

  it("closes a block of code with a longer fence than any inside", () => {
    expect(codeBlock(["```", "x"], "sh")).toBe("````sh\n```\nx\n````");
  });
});
