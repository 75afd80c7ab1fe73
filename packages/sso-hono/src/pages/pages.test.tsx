import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { ERROR_PAGES } from '../error-pages.js';
import { ErrorPage } from './error-page.js';
import { ConfirmPage } from './handoff-pages.js';
import { Page, renderPage } from './page.js';
import { SignInPage, withOtherAccount } from './sign-in-page.js';
import { SignedOutPage } from './signed-out-page.js';
import { SigningOutPage } from './signing-out-page.js';
import { STYLES } from './styles.js';

const HOSTILE = [
  '</script><img src=x onerror=alert(1)>',
  '"><svg onload=alert(1)>',
  "' onmouseover='alert(1)",
  '</h1></bdi><iframe src=//evil.example>',
  '</title></style><style>*{display:none}',
  '<!--',
  '{{7*7}}',
  '&lt;b&gt; & <b>',
];

async function render(page: { toString(): string | Promise<string> }): Promise<string> {
  return String(await page.toString());
}

/** Tags of a page in order, without the text between them. */
function tagsOf(html: string): readonly string[] {
  return html.replace(STYLES, '').match(/<[^>]*>/g) ?? [];
}

const pages: Readonly<Record<string, (text: string) => { toString(): string | Promise<string> }>> = {
  'sign-in page': (text) =>
    SignInPage({ productName: text, tenantName: text, providerName: text, startUrl: `/start?return_to=${text}` }),
  'sign-in page without a provider': (text) =>
    SignInPage({ productName: text, tenantName: text, providerName: null, startUrl: text }),
  'signed-out page': (text) => SignedOutPage({ productName: text, startUrl: text }),
  'signing-out page': (text) => SigningOutPage({ productName: text, endSessionUrl: text }),
  'question of a window': (text) =>
    ConfirmPage({ number: text, user: { name: text, email: text }, organisation: text }),
  'error page': (text) =>
    ErrorPage({
      about: text,
      texts: { ...ERROR_PAGES['user-not-found'], title: text, text, advice: text },
      reference: text,
      startUrl: text,
    }),
};

describe.each(Object.entries(pages))('%s', (_name, page) => {
  test.each(HOSTILE)('O4 shows %s as text', async (text) => {
    const html = await render(page(text));
    expect(html).not.toContain(text.includes('{{') ? '<script' : text);
    // Whatever the text, the page consists of the same elements.
    const names = (tags: readonly string[]) => tags.map((tag) => /^<\/?[a-z0-9]+/i.exec(tag)?.[0] ?? tag);
    expect(names(tagsOf(html))).toEqual(names(tagsOf(await render(page('plain')))));
    const withoutValues = html.replace(STYLES, '').replace(/"[^"]*"/g, '""');
    expect(withoutValues).not.toMatch(/<[^>]*\son[a-z]+=/i);
  });

  test('has no script, loads nothing and names its language', async () => {
    const html = await render(page('plain'));
    expect(html).toContain('<html lang="en">');
    expect(html).not.toMatch(/<script|javascript:|\sstyle=|\son[a-z]+=|https?:\/\/(?!www\.w3\.org)/i);
    expect(html.match(/\s(?:src|href)="[^"]*"/g)?.every((link) => !link.includes('//'))).toBe(true);
  });
});

test('O4, E15 a right-to-left override in an organisation’s name ends with the name', async () => {
  const html = await render(
    SignInPage({ productName: 'Workspace', tenantName: '\u202eemcA', providerName: 'Okta', startUrl: '/start' }),
  );
  expect(html).toContain('<bdi>\u202eemcA</bdi>');
});

test('another account is asked for beside what the address says already', () => {
  expect(withOtherAccount('/cti/login')).toBe('/cti/login?other_account=true');
  expect(withOtherAccount('/cti/login?return_to=%2Fcti%2F')).toBe('/cti/login?return_to=%2Fcti%2F&other_account=true');
});

describe('the action of an error page', () => {
  const html = (action: 'try-again' | 'other-account' | 'none', startUrl: string | null) =>
    render(
      ErrorPage({
        about: 'Workspace',
        texts: { ...ERROR_PAGES['user-not-found'], action },
        reference: 'ABCD-2345',
        startUrl,
      }),
    );

  test('is offered with the start’s address', async () => {
    expect(await html('try-again', '/start?a=b')).toContain('href="/start?a=b"');
    expect(await html('other-account', '/start')).toContain('href="/start?other_account=true"');
  });

  test('is left out where there is nothing to start', async () => {
    for (const action of ['try-again', 'other-account', 'none'] as const) {
      expect(await html(action, null)).not.toContain('<a ');
    }
    expect(await html('none', '/start')).not.toContain('<a ');
    expect(await html('none', null)).toContain('ABCD-2345');
  });
});

describe('O5 renderPage', () => {
  const app = new Hono().get('/', (c) => {
    c.header('set-cookie', 'a=b', { append: true });
    return renderPage(
      c,
      <Page title="T" about="A">
        x
      </Page>,
      403,
    );
  });

  test('allows the page’s own style by its hash and nothing else', async () => {
    const response = await app.request('/');
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(STYLES))).toString(
      'base64',
    );
    expect(response.headers.get('content-security-policy')).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
    );
    expect(await response.text()).toContain(`<style>${STYLES}</style>`);
  });

  test('keeps the status, the cookies and the kind of document', async () => {
    const response = await app.request('/');
    expect(response.status).toBe(403);
    expect(response.headers.get('set-cookie')).toBe('a=b');
    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect(await response.text()).toMatch(/^<!DOCTYPE html><html/);
  });
});
