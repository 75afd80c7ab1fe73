/**
 * @module
 * The frame of every page, and how a page becomes a response.
 */
import { webCrypto } from '@ipscape/sso-core';
import type { Context } from 'hono';
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { STYLES } from './styles.js';

/** What a page says of itself. Texts are escaped. */
export interface PageProps {
  /** Of the document; the product's name is added. */
  readonly title: string;
  /** Beside the brand: the product or organisation that the page is about. */
  readonly about: string;
  /** For a page with more than a few sentences: 40 rem. Default false. */
  readonly wide?: boolean;
  /** As wide as the window allows, for a page with columns. */
  readonly full?: boolean;
  /** Address of a script on this origin; the page is whole without it. */
  readonly scriptSrc?: string;
  /** Where the browser goes at once. A redirect of a form’s answer may not leave this origin; this may. */
  readonly forwardTo?: string;
  readonly children: Child;
}

/** The document around a page’s content: brand, styles, nothing else. */
export function Page({ title, about, wide = false, full = false, scriptSrc, forwardTo, children }: PageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{`${title} – ipSCAPE ${about}`}</title>
        <link rel="icon" href={ICON} />
        <style>{raw(STYLES)}</style>
        {forwardTo === undefined ? null : <meta http-equiv="refresh" content={`0;url=${forwardTo}`} />}
        {scriptSrc === undefined ? null : <script src={scriptSrc} defer />}
      </head>
      <body>
        <main>
          <div class={full ? 'card page' : wide ? 'card wide' : 'card'}>
            <p class="brand">
              <b>ipSCAPE</b> {about}
            </p>
            {children}
          </div>
        </main>
      </body>
    </html>
  );
}

const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5cad"/><path d="M9 9h4v14H9zM16 9h4a5 5 0 0 1 0 10h-4z" fill="#fff"/></svg>',
)}`;

const stylesHash = Promise.resolve(webCrypto.sha256(STYLES)).then(toStandardBase64);

function toStandardBase64(base64url: string): string {
  const base64 = base64url.replaceAll('-', '+').replaceAll('_', '/');
  return base64.padEnd(Math.ceil(base64.length / 4) * 4, '=');
}

/** By default a page runs no script, is framed by nobody and leads nowhere else; each option allows one thing more. */
export interface PageOptions {
  /** Whether the page uses a script of this origin. Default false. */
  readonly script?: boolean;
  /**
   * Whether the page has a form whose POST must carry `Origin`: with `no-referrer`, which other pages have, browsers
   * write `null` there. Default false.
   */
  readonly postsForms?: boolean;
  /**
   * Whether the page lets go of the window that opened it and of those that it opens, where they are another site's
   * (`Cross-Origin-Opener-Policy`). Never for a page of a sign-in: a window that a product opened for one has to stay
   * within its reach. Default false.
   */
  readonly standsAlone?: boolean;
  /** Origins of pages that may show this one in a frame. Default: none. */
  readonly frameAncestors?: readonly string[];
  /** Whether the answer to the page's form may lead to other sites, as a sign-in does. Default false. */
  readonly formLeadsAway?: boolean;
}

/**
 * A page as a response that no other site may frame and that loads nothing, or, with `script`, scripts of this origin
 * only, which may ask this origin. Keeps cookies that were set before.
 */
export async function renderPage(
  c: Context,
  page: { toString(): string | Promise<string> },
  status: ContentfulStatusCode = 200,
  {
    script = false,
    postsForms = false,
    frameAncestors = [],
    formLeadsAway = false,
    standsAlone = false,
  }: PageOptions = {},
): Promise<Response> {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${await stylesHash}'`,
    'img-src data:',
    ...(script ? ["script-src 'self'", "connect-src 'self'"] : []),
    "base-uri 'none'",
    // Where it is named, browsers hold every redirect of the form's answer to it.
    ...(formLeadsAway ? [] : ["form-action 'self'"]),
    frameAncestorsDirective(frameAncestors),
  ].join('; ');
  c.header('content-security-policy', policy);
  if (standsAlone) c.header('cross-origin-opener-policy', 'same-origin');
  if (postsForms) c.header('referrer-policy', 'same-origin');
  return c.html(`<!DOCTYPE html>${await page.toString()}`, status);
}

/**
 * The directive of a `Content-Security-Policy` for a page that only these origins may show in a frame.
 *
 * @param origins - as in `Tenant.frameOrigins`; none: nobody may.
 */
export function frameAncestorsDirective(origins: readonly string[]): string {
  return `frame-ancestors ${origins.length === 0 ? "'none'" : origins.join(' ')}`;
}
