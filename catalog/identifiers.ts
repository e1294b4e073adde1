/**
 * What makes two references the same thing: links without their tracking, arXiv ids in any of their spellings, article
 * numbers. Separate because loading, searching and (later) importing must agree on it to the letter.
 */

// Parameters that say how a reader came to a page, never which page: Google Analytics, ad networks, and the ones
// that WeChat, Zhihu and CSDN append when a link is shared.
const tracking =
  /^(utm_.*|spm.*|fbclid|gclid|msclkid|yclid|mc_[ce]id|igshid|ref|ref_src|from|isappinstalled|scene|clicktime|enterid|share_.*|wxshare.*|chksm|srcid|sharer_.*|weixin.*|nsukey|utm)$/i;

/**
 * A link without scheme, `www.`, default port, fragment, tracking parameters and trailing slash, parameters sorted:
 * equal for all spellings of one page. Undefined for what is not an http(s) link.
 */
export function canonicalUrl(link: string): string | undefined {
  const url = parseHttp(link.trim());
  if (!url) return undefined;
  const parameters = [...url.searchParams].filter(([name]) => !tracking.test(name));
  parameters.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const query = parameters.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.host.replace(/^www\./, "")}${path}${query ? `?${query}` : ""}`;
}

/** Whether a text can only be meant as a link: it has a scheme, or a host with a path behind it. */
export function looksLikeUrl(text: string): boolean {
  return /^(https?:)?\/\//i.test(text) || /^[\w-]+(\.[\w-]+)+\/\S*$/.test(text);
}

function parseHttp(link: string): URL | undefined {
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(link) ? link : `https://${link.replace(/^\/\//, "")}`;
  const url = URL.parse(whole);
  return url && /^https?:$/.test(url.protocol) && url.hostname ? url : undefined;
}

// https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNN(N) since 2007, archive.class/YYMMNNN before.
const arxivForm =
  /^(?:arxiv\s*:\s*|(?:https?:\/\/)?(?:www\.|export\.)?arxiv\.org\/(?:abs|pdf|html|format)\/)?(\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?\/\d{7})(?:v\d+)?(?:\.pdf)?$/i;

/** The bare arXiv id in `1503.02531`, `arXiv:1503.02531v1` or a link to it; undefined where there is none. */
export function arxivId(text: string): string | undefined {
  const link = text.trim().replace(/[?#].*$/, "");
  return arxivForm.exec(link)?.[1]?.toLowerCase();
}

/** The number in `12`, `#12` or `＃12`; undefined for anything else. */
export function articleNumber(text: string): number | undefined {
  const digits = /^#?0*(\d{1,9})$/.exec(text.trim().normalize("NFKC"))?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Where a paper can be read: arXiv first, because it is open to everyone, then its DOI, then its own address. */
export function paperLink(paper: {
  readonly arxiv: string | null;
  readonly doi: string | null;
  readonly url: string | null;
}): string | null {
  if (paper.arxiv) return `https://arxiv.org/abs/${paper.arxiv}`;
  if (paper.doi) return `https://doi.org/${paper.doi}`;
  return paper.url;
}
