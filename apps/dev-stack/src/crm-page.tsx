/**
 * @module
 * What stands for a customer's CRM in the local stack: a page on another site that shows the CTI Adaptor in a frame. None
 * of it is ipSCAPE's, so it shares no style with the other pages.
 */
import { createHash } from 'node:crypto';
import type { Context } from 'hono';
import { raw } from 'hono/html';

/** To a browser another site than `acme.localhost`: under `localhost` every name is one of its own. */
export const CRM_HOST = 'crm.localhost';

/** What CRMs do that stands in the way of a sign-in. */
const SETTINGS = {
  usual: { label: 'An ordinary frame', opener: null, sandbox: null },
  isolated: { label: 'A page that isolates its windows', opener: 'same-origin', sandbox: null },
  'no-popups': {
    label: 'A frame that may not open windows',
    opener: null,
    sandbox: 'allow-scripts allow-same-origin allow-forms',
  },
  'sandboxed-popups': {
    label: 'A frame whose windows are restricted',
    opener: null,
    sandbox: 'allow-scripts allow-same-origin allow-popups',
  },
} as const;

const isSetting = (name: string | undefined): name is keyof typeof SETTINGS => Object.hasOwn(SETTINGS, name ?? '');

/** @param ctiOrigin - of the tenant whose CTI Adaptor is shown */
export async function showCrm(c: Context, ctiOrigin: string): Promise<Response> {
  const name = c.req.query('setting');
  const chosen = isSetting(name) ? name : 'usual';
  const { opener, sandbox } = SETTINGS[chosen];
  c.header(
    'content-security-policy',
    `default-src 'none'; img-src data:; style-src 'sha256-${STYLES_HASH}'; frame-src ${ctiOrigin}`,
  );
  c.header('cache-control', 'no-store');
  if (opener !== null) c.header('cross-origin-opener-policy', opener);
  const page = <CrmPage ctiOrigin={ctiOrigin} chosen={chosen} sandbox={sandbox} />;
  return c.html(`<!DOCTYPE html>${await page.toString()}`);
}

interface CrmPageProps {
  readonly ctiOrigin: string;
  readonly chosen: keyof typeof SETTINGS;
  readonly sandbox: string | null;
}

function CrmPage({ ctiOrigin, chosen, sandbox }: CrmPageProps) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Case 1042 – Demo CRM</title>
        <link rel="icon" href="data:," />
        <style>{raw(STYLES)}</style>
      </head>
      <body>
        <header>
          <b>Demo CRM</b>
          <span>stands for Salesforce, ServiceNow, Zendesk or Dynamics, on a site of its own</span>
        </header>
        <div class="columns">
          <main>
            <p class="kind">Case 1042</p>
            <h1>Invoice shows the wrong address</h1>
            <dl>
              <dt>Customer</dt>
              <dd>Maya Customer</dd>
              <dt>Telephone</dt>
              <dd>+61 2 5550 0142</dd>
              <dt>Opened</dt>
              <dd>this morning</dd>
            </dl>
            <h2>How this CRM shows the softphone</h2>
            <nav aria-label="Settings of this CRM">
              <ul>
                {Object.entries(SETTINGS).map(([name, { label }]) => (
                  <li>
                    <a href={`/?setting=${name}`} aria-current={name === chosen ? 'page' : undefined}>
                      {label}
                    </a>
                  </li>
                ))}
              </ul>
            </nav>
          </main>
          <aside aria-label="Telephone">
            <iframe
              title="ipSCAPE CTI Adaptor"
              src={`${ctiOrigin}/cti/?integration=demo-crm&case=1042`}
              sandbox={sandbox ?? undefined}
            />
          </aside>
        </div>
      </body>
    </html>
  );
}

const STYLES = `
:root{color-scheme:light dark;--page:#f6f4ef;--card:#fff;--text:#26221b;--soft:#635c50;--line:#d9d3c6;--bar:#5a3a7e;--link:#5a3a7e}
@media (prefers-color-scheme:dark){:root{--page:#16130f;--card:#211d18;--text:#f3efe8;--soft:#b9b0a2;--line:#4a443a;--bar:#3a2752;--link:#cbaef0}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 Georgia,"Times New Roman",serif}
header{display:flex;flex-wrap:wrap;gap:0 1rem;align-items:baseline;padding:.625rem 1.25rem;background:var(--bar);color:#fff}
header b{font-size:1.125rem}
.columns{display:flex;flex-wrap:wrap;gap:1.25rem;padding:1.25rem}
main{flex:1 1 24rem;min-width:0;padding:1.25rem;background:var(--card);border:1px solid var(--line)}
aside{flex:0 0 auto}
iframe{display:block;width:320px;height:640px;border:1px solid var(--line);background:var(--card)}
h1{margin:0 0 1rem;font-size:1.5rem;line-height:1.25}
h2{margin:1.5rem 0 .5rem;font-size:1.0625rem}
.kind{margin:0;color:var(--soft)}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem;margin:0}
dt{color:var(--soft)}
dd{margin:0}
ul{margin:0;padding:0;list-style:none}
li a{display:inline-block;padding:.25rem 0;color:var(--link)}
li a[aria-current]{font-weight:700;text-decoration:none;color:var(--text)}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
@media (max-width:24rem){.columns{padding:0}aside{order:-1;width:100%}iframe{width:100%;border-width:0 0 1px}}
`.trim();

const STYLES_HASH = createHash('sha256').update(STYLES).digest('base64');
