import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { articleNumber, arxivId, canonicalUrl, looksLikeUrl, paperLink } from "./identifiers.ts";

describe("canonicalUrl", () => {
  it.each([
    ["another scheme", "http://zhuanlan.zhihu.com/p/81467832"],
    ["a trailing slash", "https://zhuanlan.zhihu.com/p/81467832/"],
    ["capitals in the host", "https://ZhuanLan.Zhihu.com/p/81467832"],
    ["tracking parameters", "https://zhuanlan.zhihu.com/p/81467832?utm_source=wechat&utm_id=0&share_code=x"],
    ["a fragment", "https://zhuanlan.zhihu.com/p/81467832#comments"],
    ["no scheme", "zhuanlan.zhihu.com/p/81467832"],
    ["a default port", "https://zhuanlan.zhihu.com:443/p/81467832"],
  ])("is the same with %s", (_difference, link) => {
    expect(canonicalUrl(link)).toBe("zhuanlan.zhihu.com/p/81467832");
  });

  it("keeps the parameters that name the page, in one order", () => {
    const one = canonicalUrl("https://mp.weixin.qq.com/s?__biz=A&mid=1&scene=21");
    expect(one).toBe(canonicalUrl("http://mp.weixin.qq.com/s?mid=1&__biz=A"));
    expect(one).not.toBe(canonicalUrl("http://mp.weixin.qq.com/s?mid=2&__biz=A"));
  });

  it("keeps the case of the path, which names the page", () => {
    expect(canonicalUrl("https://mp.weixin.qq.com/s/aB")).not.toBe(
      canonicalUrl("https://mp.weixin.qq.com/s/Ab"),
    );
  });

  it.each(["javascript:alert(1)", "file:///etc/passwd", "", "http://", "知识"])(
    "is undefined for %j",
    (text) => {
      if (text === "知识") expect(looksLikeUrl(text)).toBe(false);
      else expect(canonicalUrl(text)).toBeUndefined();
    },
  );

  it("is a fixed point: a canonical link is its own canonical form", () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
        const once = canonicalUrl(url);
        expect(once).toBeDefined();
        expect(canonicalUrl(once as string)).toBe(once);
      }),
    );
  });
});

describe("arxivId", () => {
  it.each([
    "1503.02531",
    "arXiv:1503.02531",
    "arxiv: 1503.02531v1",
    "1503.02531v12",
    "https://arxiv.org/abs/1503.02531",
    "http://arxiv.org/pdf/1503.02531v1.pdf",
    "https://www.arxiv.org/pdf/1503.02531?download=1",
    "arxiv.org/html/1503.02531v1#S1",
    "https://export.arxiv.org/abs/1503.02531",
  ])("reads %s", (text) => {
    expect(arxivId(text)).toBe("1503.02531");
  });

  it("reads the ids from before 2007", () => {
    expect(arxivId("cs/0112017v2")).toBe("cs/0112017");
    expect(arxivId("https://arxiv.org/abs/math.GT/0309136")).toBe("math.gt/0309136");
  });

  it.each(["15.02531", "1503.025", "distilling 1503.02531", "https://example.org/abs/1503.02531", "12"])(
    "does not take %s for one",
    (text) => {
      expect(arxivId(text)).toBeUndefined();
    },
  );
});

describe("articleNumber", () => {
  it.each([
    ["12", 12],
    ["#12", 12],
    [" 007 ", 7],
    ["\uff03\uff11\uff12", 12],
  ])("reads %s", (text, number) => {
    expect(articleNumber(text)).toBe(number);
  });

  it.each(["", "#", "-1", "1.5", "12a", "9999999999", "1e3"])("does not take %j for one", (text) => {
    expect(articleNumber(text)).toBeUndefined();
  });
});

describe("paperLink", () => {
  it("prefers arXiv, then the DOI, then the paper's own address", () => {
    const paper = { arxiv: "1503.02531", doi: "10.1/x", url: "https://example.org" };
    expect(paperLink(paper)).toBe("https://arxiv.org/abs/1503.02531");
    expect(paperLink({ ...paper, arxiv: null })).toBe("https://doi.org/10.1/x");
    expect(paperLink({ arxiv: null, doi: null, url: "https://example.org" })).toBe("https://example.org");
    expect(paperLink({ arxiv: null, doi: null, url: null })).toBeNull();
  });
});
