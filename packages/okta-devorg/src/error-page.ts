/**
 * @module Okta's own error page, which the app never hears of. Pure.
 */
import { escapeHtml, renderHtmlPage } from './html-page.js';

export interface ErrorPageInput {
  /** Default: `400 Bad Request`. */
  readonly title?: string;
  readonly error?: string;
  readonly description: string;
}

/** Returns the page with Okta's `Error Code:` and `Description:` lines. */
export function renderErrorPage({ title = '400 Bad Request', error, description }: ErrorPageInput): string {
  const code = error === undefined ? '' : `<p>Error Code: ${escapeHtml(error)}</p>`;
  const text = error === undefined ? description : `Description: ${description}`;
  return renderHtmlPage({
    title,
    body: `<h1>${escapeHtml(title)}</h1>
<p class="dim">Local stand-in for Okta, for development only.</p>
${code}
<p>${escapeHtml(text)}</p>`,
  });
}
