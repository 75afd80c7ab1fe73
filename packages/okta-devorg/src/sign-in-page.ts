/**
 * @module The org's sign-in page: choose a user or type a user name; there are no passwords. Pure.
 */
import { escapeHtml, renderHtmlPage } from './html-page.js';
import type { OktaDevOrgUser } from './org-directory.js';

export interface SignInPageInput {
  readonly orgName: string;
  readonly appLabel: string;
  readonly users: readonly OktaDevOrgUser[];
  readonly isAssigned: (user: OktaDevOrgUser) => boolean;
  /** Prefills the user name: the `login_hint`, or what was typed before. */
  readonly username: string;
  /** Whether the name typed before was refused. */
  readonly failed: boolean;
}

/** Returns the page. Each user's button has exactly the e-mail address as its name. */
export function renderSignInPage(input: SignInPageInput): string {
  const org = displayName(input.orgName);
  return renderHtmlPage({
    title: `Sign in – ${org} Okta (local)`,
    body: `<h1>Sign in to ${escapeHtml(org)}</h1>
<p class="dim">to continue to ${escapeHtml(input.appLabel)}</p>
<p class="badge">This is a local stand-in for Okta, for development only. No password is asked for.</p>
${renderUsers(input)}
<h2 id="by-name">Use another user name</h2>
<form method="post" aria-labelledby="by-name">
${input.failed ? '<p class="error" role="alert" id="problem">Unable to sign in</p>' : ''}
<label for="username">Username</label>
<input id="username" name="username" type="text" autocomplete="username" autocapitalize="none" spellcheck="false" required value="${escapeHtml(input.username)}"${input.failed ? ' aria-invalid="true" aria-describedby="problem" autofocus' : ''}>
<button class="primary" type="submit">Next</button>
</form>
<form method="post"><button class="plain" type="submit" name="action" value="cancel">Cancel</button></form>`,
  });
}

/** Returns `acme` as `Acme`. */
export function displayName(orgName: string): string {
  return orgName.charAt(0).toUpperCase() + orgName.slice(1);
}

function renderUsers(input: SignInPageInput): string {
  if (input.users.length === 0) return '';
  const items = input.users.map((user, index) => renderUser(user, index, input.isAssigned(user))).join('\n');
  return `<h2 id="by-choice">Choose a user</h2>
<form method="post" aria-labelledby="by-choice"><ul>
${items}
</ul></form>`;
}

function renderUser(user: OktaDevOrgUser, index: number, assigned: boolean): string {
  const email = escapeHtml(user.email);
  const notes = [user.name];
  if (user.status === 'SUSPENDED') notes.push('suspended');
  if (!assigned) notes.push('not assigned to this app');
  return `<li><button type="submit" name="email" value="${email}" aria-describedby="about-${index}">${email}</button>
<span class="note" id="about-${index}">${escapeHtml(notes.join(' · '))}</span></li>`;
}
