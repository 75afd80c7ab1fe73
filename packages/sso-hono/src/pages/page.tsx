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

export interface PageProps {
  /** Of the document; the product's name is added. */
  readonly title: string;
  /** Beside the brand: the product or organisation that the page is about. */
  readonly about: string;
  readonly wide?: boolean;
  readonly children: Child;
}

export function Page({ title, about, wide = false, children }: PageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>{`${title} – ipSCAPE ${about}`}</title>
        <link rel="icon" href={ICON} />
        <style>{raw(STYLES)}</style>
      </head>
      <body>
        <main>
          <div class={wide ? 'card wide' : 'card'}>
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

/** A page as a response that no other site may frame and that loads nothing. Keeps cookies that were set before. */
export async function renderPage(
  c: Context,
  page: { toString(): string | Promise<string> },
  status: ContentfulStatusCode = 200,
): Promise<Response> {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${await stylesHash}'`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
  c.header('content-security-policy', policy);
  return c.html(`<!DOCTYPE html>${await page.toString()}`, status);
}
