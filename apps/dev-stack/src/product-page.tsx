/**
 * @module
 * What stands for a product in the local stack: a page that shows who is signed in.
 */
import { HOME_PATHS, PRODUCT_NAMES, PRODUCTS, type Product } from '@ipscape/sso-core';
import { Page } from '@ipscape/sso-hono';
import { z } from 'zod';
import { SERVICE_SCRIPT_PATH, ServiceSection } from './service-section.js';

/** The body of `GET /{product}/session`, as any product would read it. */
export const sessionBody = z.object({
  user: z.object({ id: z.string(), email: z.string(), name: z.string(), role: z.string() }),
  tenant: z.object({ id: z.string(), domain: z.string() }),
  product: z.enum(PRODUCTS),
  authTime: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});

export function ProductPage({ session }: { readonly session: z.infer<typeof sessionBody> }) {
  const { user, tenant, product } = session;
  return (
    <Page title="Signed in" about={PRODUCT_NAMES[product]} scriptSrc={SERVICE_SCRIPT_PATH} wide>
      <h1>Hello {user.name}</h1>
      <p class="soft">You are signed in to the {PRODUCT_NAMES[product]}. In production the product itself is here.</p>
      <dl>
        <dt>E-mail</dt>
        <dd>{user.email}</dd>
        <dt>Role</dt>
        <dd>{user.role}</dd>
        <dt>Tenant</dt>
        <dd>{tenant.domain}</dd>
        <dt>Signed in</dt>
        <dd>
          <Time value={session.authTime} />
        </dd>
        <dt>Session ends</dt>
        <dd>
          <Time value={session.expiresAt} /> unless you keep working
        </dd>
      </dl>
      <ServiceSection product={product} />
      <nav aria-label="Other products">
        <ul>
          {PRODUCTS.filter((other) => other !== product).map((other: Product) => (
            <li>
              <a href={HOME_PATHS[other]}>Open {PRODUCT_NAMES[other]}</a>
            </li>
          ))}
        </ul>
      </nav>
      <form method="post" action={`/${product}/logout`}>
        <button class="button second" type="submit">
          Sign out of {PRODUCT_NAMES[product]}
        </button>
      </form>
      <form method="post" action={`/${product}/logout?everywhere=true`}>
        <button class="button second" type="submit">
          Sign out everywhere, also at Okta
        </button>
      </form>
    </Page>
  );
}

function Time({ value }: { readonly value: string }) {
  return <time datetime={value}>{`${value.slice(0, 10)} ${value.slice(11, 16)} UTC`}</time>;
}
