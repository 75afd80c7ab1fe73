/**
 * @module The user's dashboard: one tile for each app that Okta can start. Pure.
 */
import { escapeHtml, renderHtmlPage } from './html-page.js';
import type { OktaDevClient, OktaDevOrgUser, OrgDirectory } from './org-directory.js';
import { displayName } from './sign-in-page.js';

export interface DashboardInput {
  readonly orgName: string;
  readonly directory: OrgDirectory;
  /** `undefined`: nobody is signed in, and every tile is shown. */
  readonly user: OktaDevOrgUser | undefined;
}

/** Returns the page with the tiles of the active apps that `user` is assigned to. */
export function renderDashboardPage({ orgName, directory, user }: DashboardInput): string {
  const org = displayName(orgName);
  const clients = directory.clients.filter(
    (client) =>
      client.status === 'ACTIVE' &&
      client.initiateLoginUri !== undefined &&
      (user === undefined || directory.isAssigned(client, user)),
  );
  const who = user ? `Signed in as ${user.email}` : 'Nobody is signed in to this org in this browser.';
  return renderHtmlPage({
    title: `My apps – ${org} Okta (local)`,
    body: `<h1>${escapeHtml(org)} apps</h1>
<p class="dim">${escapeHtml(who)}</p>
<p class="badge">This is a local stand-in for Okta, for development only.</p>
${clients.length === 0 ? '<p>No app has a tile here.</p>' : `<ul>${clients.map(renderTile).join('\n')}</ul>`}`,
  });
}

function renderTile({ clientId, label }: OktaDevClient): string {
  return `<li><a class="tile" href="/home/oidc_client/${encodeURIComponent(clientId)}">${escapeHtml(label)}</a></li>`;
}
