/**
 * @module
 * What stands for the Agent Toolbar in the local stack: a call that is only simulated, and a session that is kept as
 * the product keeps it, with the adapter's own `/toolbar/sso.js`.
 */
import { HOME_PATHS, PRODUCT_NAMES } from '@ipscape/sso-core';
import { Page } from '@ipscape/sso-hono';
import type { z } from 'zod';
import { CallSection, SessionSection } from './call-and-session.js';
import type { sessionBody } from './product-page.js';
import { SERVICE_SCRIPT, ServiceSection } from './service-section.js';
import { SESSION_SCRIPT } from './session-script.js';

export const TOOLBAR_SCRIPT_PATH = '/toolbar/assets/toolbar.js';

export function ToolbarPage({ session }: { readonly session: z.infer<typeof sessionBody> }) {
  const { user } = session;
  return (
    <Page title="Signed in" about={PRODUCT_NAMES.toolbar} scriptSrc={TOOLBAR_SCRIPT_PATH} wide>
      <h1>Hello {user.name}</h1>
      <p class="soft">In production the product itself is here. The call is simulated, the session is real.</p>
      <CallSection />
      <SessionSection
        facts={
          <>
            <dt>Signed in as</dt>
            <dd>{user.email}</dd>
            <dt>Ends</dt>
            <dd id="ends">
              <time datetime={session.expiresAt}>{session.expiresAt}</time>
            </dd>
          </>
        }
      >
        <button class="button second" type="button" id="renew" disabled>
          Renew the session now
        </button>
      </SessionSection>
      <ServiceSection product="toolbar" />
      <form method="post" action="/toolbar/logout">
        <button class="button second" type="submit">
          Sign out of {PRODUCT_NAMES.toolbar}
        </button>
      </form>
      <nav class="note" aria-label="Other products">
        <a href={HOME_PATHS.workspace}>Open {PRODUCT_NAMES.workspace}</a>
      </nav>
      <noscript>
        <p class="note">This page needs JavaScript.</p>
      </noscript>
    </Page>
  );
}

/** Plain text for the browser. */
export const TOOLBAR_SCRIPT = `${SESSION_SCRIPT}
import('/toolbar/sso.js').then(({ keepSession }) => {
  const keeper = keepSession({ product: 'toolbar' });
  const callButton = element('call');
  const renewButton = element('renew');
  let callBegan = 0;
  /** Why there is no renewal; what else is near its end does not say it again. */
  let refusal = '';
  const again = ['Sign in again', () => keeper.signInAgain()];

  const show = () => {
    const { session } = keeper;
    if (session === null) return;
    showEnd(keeper);
    renewButton.disabled = keeper.isOnCall || session.renewAt === null;
  };
  const showCall = () => {
    callButton.disabled = false;
    callButton.textContent = keeper.isOnCall ? 'End the call' : 'Start a call';
    element('call-state').textContent = keeper.isOnCall ? 'On a call with a customer since ' + clock(callBegan) + '.' : 'No call.';
    show();
  };

  callButton.addEventListener('click', async () => {
    if (keeper.isOnCall) await Promise.all([keeper.endCall(), showCall()]);
    else {
      callBegan = Date.now();
      await Promise.all([keeper.startCall(), showCall()]);
    }
  });
  renewButton.addEventListener('click', () => keeper.renew());
  keeper.on('change', show);
  keeper.on('ending', ({ reason }) => {
    if (reason === 'idle-limit') tell('You will be signed out soon, because nothing has happened here for a long time.', ['Stay signed in', () => keeper.stay()]);
    else tell(refusal || 'Your session ends soon. A call in progress can be finished.', again);
  });
  keeper.on('continuing', () => { refusal = ''; tell(''); });
  keeper.on('deferred', ({ reason }) => {
    if (reason === 'revocation') tell('Your access has ended. You can finish this call; then you are signed out.');
    else tell('Your session has ended and waits for this call. Sign in again to go on after it.', again);
  });
  keeper.on('renewal-refused', ({ code }) => {
    if (code === 'interaction-required') refusal = 'Okta wants you to sign in again. Your session goes on until its end.';
    else if (code === 'user-mismatch') refusal = 'Somebody else is signed in to Okta in this browser. Your session goes on until its end.';
    else refusal = 'The session could not be renewed just now. It goes on until its end.';
    tell(refusal, again);
  });
  keeper.on('ended', ({ reason }) => {
    showCall();
    callButton.disabled = renewButton.disabled = true;
    element('ends').textContent = element('latest').textContent = 'ended';
    if (reason === 'other-user') tell('Somebody else has signed in to the Agent Toolbar in this browser.', ['Load their page', () => location.reload()]);
    else tell('You are signed out.', ['Sign in', () => location.assign('/toolbar/login')]);
    document.title = document.title.replace('Signed in', 'Signed out');
  });
  setInterval(show, 1000);
  showCall();
  callButton.dataset.ready = 'true';
});
${SERVICE_SCRIPT}
connectService();
`;
