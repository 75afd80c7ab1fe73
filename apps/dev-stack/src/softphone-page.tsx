/**
 * @module
 * What stands for the CTI Adaptor in the local stack: a softphone in a CRM's frame that signs in with the adapter's own
 * `/cti/sso.js`, keeps its session, and simulates a call.
 */
import { PRODUCT_NAMES } from '@ipscape/sso-core';
import { Page } from '@ipscape/sso-hono';
import { CallSection, SessionSection } from './call-and-session.js';
import { SERVICE_SCRIPT, ServiceSection } from './service-section.js';
import { SESSION_SCRIPT } from './session-script.js';

export const SOFTPHONE_SCRIPT_PATH = '/cti/assets/softphone.js';

/** One page for everybody: only the frame's script knows whether somebody is signed in. */
export function SoftphonePage({ title }: { readonly title: string }) {
  return (
    <Page title={title} about={PRODUCT_NAMES.cti} scriptSrc={SOFTPHONE_SCRIPT_PATH}>
      <h1 id="title" tabindex={-1}>
        Softphone
      </h1>
      <p class="soft" id="starting">
        One moment …
      </p>
      <section id="signed-out" aria-labelledby="title" hidden>
        <p class="soft" id="invitation">
          Sign in to make and take calls.
        </p>
        <button class="button" type="button" id="sign-in">
          Sign in with Okta
        </button>
        <div class="note" id="problem" role="alert" hidden>
          <p id="problem-text" />
          <p id="problem-reference" hidden>
            <span class="reference-label">Reference</span>
            <span class="reference" id="reference" />
          </p>
        </div>
      </section>
      <div id="signed-in" hidden>
        <CallSection isEnabled />
        <SessionSection
          facts={
            <>
              <dt>Signed in as</dt>
              <dd id="user" />
              <dt>Opened by</dt>
              <dd id="opened-by" />
              <dt>Ends</dt>
              <dd id="ends">…</dd>
            </>
          }
        />
        <ServiceSection product="cti" />
        <button class="button second" type="button" id="sign-out">
          Sign out of {PRODUCT_NAMES.cti}
        </button>
        <p class="note">In production the product itself is here. The call is simulated, the session is real.</p>
      </div>
      <p class="note late" id="restricted">
        Still nothing? Then the page around the softphone restricts this frame.
      </p>
      <noscript>
        <p class="note">This page needs JavaScript.</p>
      </noscript>
    </Page>
  );
}

/** Plain text for the browser. */
export const SOFTPHONE_SCRIPT = `${SESSION_SCRIPT}${SERVICE_SCRIPT}
import('/cti/sso.js').then(async ({ signIn, session, signOut, keep, request, on, texts }) => {
  /** The session's keeper, or null when nobody is signed in. */
  let keeper = null;
  let callBegan = null;
  let refreshing;

  /** Where the keyboard was is gone with the view. */
  const view = (name) => {
    element('restricted').hidden = true;
    for (const id of ['starting', 'signed-out', 'signed-in']) element(id).hidden = id !== name;
    document.documentElement.dataset.view = name;
  };
  const complain = (error) => {
    element('problem-text').textContent = error === null ? '' : texts(error.code);
    element('reference').textContent = (error && error.reference) || '';
    element('problem-reference').hidden = element('reference').textContent === '';
    element('problem').hidden = error === null;
  };

  const showCall = () => {
    element('call').textContent = callBegan === null ? 'Start a call' : 'End the call';
    element('call-state').textContent = callBegan === null ? 'No call.' : 'On a call with a customer since ' + clock(callBegan) + '.';
    showSession();
  };
  const showSession = () => {
    if (keeper !== null && keeper.session !== null) showEnd(keeper);
  };

  const signedIn = (opened) => {
    keeper = keep();
    element('user').textContent = opened.user.name + ', ' + opened.user.email;
    const query = new URLSearchParams(location.search);
    element('opened-by').textContent = [...query].map(([name, value]) => name + ' ' + value).join(', ') || 'nobody';
    tell('');
    view('signed-in');
    clearInterval(refreshing);
    refreshing = setInterval(showSession, 1000);
    // A call outlives a sign-in; the new session has to hear of it.
    if (callBegan !== null) keeper.startCall();
    showCall();
  };
  const signedOut = (text) => {
    keeper = callBegan = null;
    clearInterval(refreshing);
    element('invitation').textContent = text;
    complain(null);
    view('signed-out');
  };

  const begin = async () => {
    complain(null);
    try {
      const { session: opened } = await signIn();
      signedIn(opened);
      element('title').focus();
    } catch (error) {
      // A call goes on, and the session with it.
      if (keeper !== null) return tell(texts(error.code), again);
      complain(error);
      element('sign-in').focus();
    }
  };
  const again = ['Sign in again', begin];

  element('sign-in').addEventListener('click', () => {
    // In a window of its own there is no need for another one.
    if (self === top) location.assign('/cti/login' + location.search);
    else begin();
  });
  element('sign-out').addEventListener('click', () => signOut().catch((error) => tell(texts(error.code))));
  element('call').addEventListener('click', () => {
    callBegan = callBegan === null ? Date.now() : null;
    if (callBegan === null) keeper.endCall();
    else keeper.startCall();
    showCall();
  });

  on('change', showSession);
  on('ending', ({ reason }) => {
    if (reason === 'idle-limit') tell('You will be signed out soon, because nothing has happened here for a long time.', ['Stay signed in', () => keeper.stay()]);
    else tell('Your session ends soon. A call in progress can be finished.', again);
  });
  on('continuing', () => tell(''));
  on('deferred', ({ reason }) => {
    if (reason === 'revocation') tell('Your access has ended. You can finish this call; then you are signed out.');
    else tell('Your session has ended and waits for this call. Sign in again to go on after it.', again);
  });
  on('ended', ({ reason }) => {
    if (keeper === null) return;
    signedOut(reason === 'other-user' ? 'Somebody else has signed in here.' : 'You are signed out.');
    element('title').focus();
  });

  connectService(request);
  try {
    const opened = await session();
    if (opened === null) signedOut('Sign in to make and take calls.');
    else signedIn(opened);
  } catch (error) {
    signedOut('Sign in to make and take calls.');
    complain(error);
  }
});
`;
