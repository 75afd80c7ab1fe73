/**
 * @module
 * The part of a product's page that asks the product's service and shows the answer.
 */
import type { Product } from '@ipscape/sso-core';

/** What each page asks of its service, through the gateway of the tenant's origin. */
const REQUESTS: Readonly<Record<Product, { readonly name: string; readonly path: string }>> = {
  cti: { name: 'screen-pop service', path: '/services/cti/callers/+61255500142' },
  toolbar: { name: 'presence service', path: '/services/toolbar/presence' },
  workspace: { name: 'report service', path: '/services/workspace/reports/calls-today' },
};

/** Needs {@link SERVICE_SCRIPT} on the page. */
export function ServiceSection({ product }: { readonly product: Product }) {
  const { name, path } = REQUESTS[product];
  return (
    <section aria-labelledby="service-title">
      <h2 id="service-title">Service</h2>
      <p class="soft">The {name} knows nothing but product tokens.</p>
      <dl>
        <dt>Request</dt>
        <dd>GET {path}</dd>
        <dt>Answer</dt>
        <dd>
          <output id="service-answer">not asked yet</output>
        </dd>
      </dl>
      <button class="button second" type="button" id="ask-service" data-product={product} data-path={path} disabled>
        Ask the {name}
      </button>
    </section>
  );
}

export const SERVICE_SCRIPT_PATH = '/services/ask.js';

/**
 * Plain text for the browser. It may also stand in a page's own script, which then says how the adapter is asked:
 * `connectService(request)`.
 */
export const SERVICE_SCRIPT = `
const connectService = (request = (path, init) => fetch(path, init)) => {
  const button = document.getElementById('ask-service');
  const answer = document.getElementById('service-answer');
  const { product, path } = button.dataset;
  const ask = async () => {
    const issued = await request('/' + product + '/session/token', { method: 'POST' });
    if (!issued.ok) return 'There is no token: the session is over.';
    const { token } = await issued.json();
    const response = await fetch(path, { headers: { authorization: 'Bearer ' + token } });
    return response.status + ' ' + await response.text();
  };
  button.addEventListener('click', async () => {
    answer.textContent = await ask().catch(() => 'The service cannot be reached.');
  });
  button.disabled = false;
};
`;
