/**
 * @module The frame of every page the org shows: markup, style and the headers that go with it.
 * No script and no external resource.
 */
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

/** A complete HTML document. */
export interface HtmlPageInput {
  readonly title: string;
  /** HTML of the card, already escaped. */
  readonly body: string;
}

const STYLE = `
:root{color-scheme:light dark;--page:#f4f5f8;--card:#fff;--text:#1d1d21;--dim:#585b66;--line:#c3c7d1;--accent:#1a56c4;--accent-text:#fff;--hover:#eef2fb;--bad:#b3261e;--badge:#fff4d6;--badge-text:#5b4300}
@media (prefers-color-scheme:dark){:root{--page:#14161b;--card:#1f2229;--text:#f1f2f5;--dim:#b2b7c3;--line:#4b505c;--accent:#8fb3ff;--accent-text:#10203f;--hover:#2a2f3a;--bad:#ffb4ab;--badge:#3c3211;--badge-text:#ffe08a}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;padding:16px;display:flex;flex-direction:column;align-items:center;justify-content:center;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:420px;background:var(--card);border:1px solid var(--line);border-radius:12px;padding:24px;overflow-wrap:anywhere}
h1{font-size:1.375rem;line-height:1.25;margin:0 0 4px}
h2{font-size:1rem;margin:24px 0 8px}
p{margin:0 0 12px}
.dim{color:var(--dim);font-size:.9375rem}
.badge{background:var(--badge);color:var(--badge-text);border-radius:8px;padding:8px 12px;font-size:.875rem;margin:0 0 20px}
.error{color:var(--bad);font-weight:600;margin:0 0 8px}
ul{list-style:none;margin:0;padding:0;display:grid;gap:8px}
button,.tile{display:block;width:100%;min-height:44px;padding:9px 14px;border-radius:8px;border:1px solid var(--line);background:var(--card);color:var(--text);font:inherit;text-align:start;text-decoration:none;cursor:pointer;overflow-wrap:anywhere}
button:hover,.tile:hover{background:var(--hover)}
button.primary{background:var(--accent);border-color:var(--accent);color:var(--accent-text);text-align:center;font-weight:600;margin-top:12px}
button.primary:hover{filter:brightness(1.08)}
button.plain{background:none;border-color:transparent;text-align:center;color:var(--dim);margin-top:8px}
.note{display:block;color:var(--dim);font-size:.8125rem;padding:2px 14px 0}
label{display:block;font-weight:600;margin-bottom:4px}
input{width:100%;min-height:44px;padding:9px 12px;border:1px solid var(--dim);border-radius:8px;background:var(--card);color:var(--text);font:inherit}
input[aria-invalid=true]{border-color:var(--bad)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
form{margin:0}
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/**
 * The policy of all pages. There is no `form-action`: Chromium applies it to every redirect after a form post, and
 * where the app sends the browser after its callback is the app's own affair.
 */
const POLICY = `default-src 'none'; img-src data:; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; frame-ancestors 'self'`;

/** Returns the document. */
export function renderHtmlPage({ title, body }: HtmlPageInput): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** The headers of an Okta page: not cached, not framed by others. */
export const HTML_PAGE_HEADERS = {
  'Content-Type': 'text/html;charset=utf-8',
  'Content-Security-Policy': POLICY,
  'X-Frame-Options': 'SAMEORIGIN',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache, no-store',
  Pragma: 'no-cache',
  Expires: '0',
} as const;

/** Sends a document with {@link HTML_PAGE_HEADERS}. */
export function sendHtmlPage(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, HTML_PAGE_HEADERS);
  response.end(html);
}

/** Makes `text` safe in element content and in double-quoted attributes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
