/**
 * @module
 * An error as a page for people or as problem details for programs, chosen by `Accept`. RFC 9457.
 */
import {
  HOME_PATHS,
  PRODUCT_NAMES,
  SSO_ERRORS,
  type SsoErrorCode,
  START_PATHS,
  type Tenant,
  toReturnPath,
} from '@ipscape/sso-core';
import type { Adapter, AdapterRequest } from './adapter-context.js';
import { ERROR_PAGES } from './error-pages.js';
import { ErrorPage } from './pages/error-page.js';
import { renderPage } from './pages/page.js';
import { isCallback, wantedPath } from './start-request.js';

/** Browsers ask for HTML when they navigate; programs do not. */
export function wantsPage(c: AdapterRequest): boolean {
  return c.req.header('accept')?.includes('text/html') === true;
}

/** The answer for a code, a page or problem details as the request’s `Accept` asks. Sets the reference’s error code. */
export async function errorResponse(c: AdapterRequest, adapter: Adapter, code: SsoErrorCode): Promise<Response> {
  const texts = ERROR_PAGES[code];
  const reference = c.get('reference');
  c.set('errorCode', code);
  if (texts.status === 503) c.header('retry-after', '5');
  if (!wantsPage(c)) {
    const problem = {
      type: `urn:ipscape:sso:error:${code}`,
      title: SSO_ERRORS[code],
      status: texts.status,
      code,
      reference,
      ...c.get('problem'),
    };
    return c.body(JSON.stringify(problem), texts.status, { 'content-type': 'application/problem+json' });
  }
  const tenant = c.get('tenant');
  const isHandoffWindow = c.get('isHandoffWindow') === true;
  const start = tenant === null || isHandoffWindow ? null : startUrl(c, adapter, tenant);
  return renderPage(
    c,
    <ErrorPage
      about={PRODUCT_NAMES[adapter.product]}
      texts={texts}
      reference={reference}
      startUrl={start}
      isHandoffWindow={isHandoffWindow}
    />,
    texts.status,
  );
}

/** The product's start, keeping where the person wanted to go if this request said so. */
function startUrl(c: AdapterRequest, adapter: Adapter, tenant: Tenant): string {
  const { product } = adapter;
  const start = START_PATHS[product];
  const isStart = c.req.path === start && !isCallback(c);
  const wanted = isStart ? wantedPath(c, adapter, tenant) : c.req.query('return_to');
  if (wanted === undefined || wanted === HOME_PATHS[product] || toReturnPath(wanted, product) !== wanted) return start;
  return `${start}?${new URLSearchParams({ return_to: wanted })}`;
}
