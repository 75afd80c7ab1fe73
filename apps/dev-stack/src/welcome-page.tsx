/**
 * @module
 * The first page of the local stack: what there is to open.
 */
import { HOME_PATHS, PRODUCT_NAMES, PRODUCTS } from '@ipscape/sso-core';
import { Page } from '@ipscape/sso-hono';
import { type DevTenant, emailOf, PEOPLE, TENANTS } from './people.js';

export interface WelcomePageProps {
  readonly origins: (tenant: DevTenant) => string;
  /** Of the page that stands for a CRM, or null without one. */
  readonly crmOrigin: string | null;
}

export function WelcomePage({ origins, crmOrigin }: WelcomePageProps) {
  return (
    <Page title="Local stack" about="on this machine" wide>
      <h1>What to try</h1>
      <p class="soft">Each customer has its own address, its own users and its own local Okta.</p>
      {TENANTS.map((tenant) => (
        <section aria-labelledby={tenant.name}>
          <h2 id={tenant.name}>{tenant.title}</h2>
          <p>{tenant.connected ? 'Connected to its Okta: sign in.' : 'Entitled, and not yet connected to its Okta.'}</p>
          <nav aria-label={`Products of ${tenant.title}`}>
            <ul>
              {PRODUCTS.map((product) => (
                <li>
                  <a href={origins(tenant) + HOME_PATHS[product]}>{PRODUCT_NAMES[product]}</a>
                </li>
              ))}
            </ul>
          </nav>
        </section>
      ))}
      {crmOrigin === null ? null : (
        <section aria-labelledby="crm">
          <h2 id="crm">A CRM</h2>
          <p>
            Acme’s CTI Adaptor as its agents see it, in a frame of <a href={crmOrigin}>a page on another site</a>.
          </p>
        </section>
      )}
      <h2>People of Acme</h2>
      <dl>
        {PEOPLE.map((person) => (
          <>
            <dt>{emailOf(person, { name: 'acme' })}</dt>
            <dd>{person.story}</dd>
          </>
        ))}
      </dl>
    </Page>
  );
}
