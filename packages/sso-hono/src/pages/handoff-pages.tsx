/**
 * @module
 * What a person sees of a handoff: the start in the frame, and the window's way from opening to closing.
 */
import { PRODUCT_NAMES } from '@ipscape/sso-core';
import { Page } from './page.js';

const ABOUT = PRODUCT_NAMES.cti;

/** In the CRM's frame. The script makes the button work. */
export function FrameStartPage({ scriptSrc }: { readonly scriptSrc: string }) {
  return (
    <Page title="Sign in" about={ABOUT} scriptSrc={scriptSrc}>
      <h1>Sign in to the {ABOUT}</h1>
      <p class="soft">Signing in opens a window of its own. It closes when you are done.</p>
      <button class="button" type="button" id="sign-in" disabled>
        Sign in with Okta
      </button>
      <div class="note" id="problem" role="alert" hidden>
        <p id="problem-text" />
        <p id="problem-reference" hidden>
          <span class="reference-label">Reference</span>
          <span class="reference" id="reference" />
        </p>
      </div>
      <p class="note late" id="restricted">
        The button stays grey? Then the page around the {ABOUT} restricts this frame. Its administrator has to allow
        scripts, forms, windows and the frame’s own origin in the frame’s <code>sandbox</code>.
      </p>
      <noscript>
        <p class="note">The {ABOUT} needs JavaScript. Allow it for this site.</p>
      </noscript>
    </Page>
  );
}

export interface WindowPageProps {
  readonly handoffId: string;
  readonly scriptSrc: string;
}

/** The first page of the window: sends its form at once. A form, because a link could be sent to anybody. */
export function WindowPage({ handoffId, scriptSrc }: WindowPageProps) {
  return (
    <Page title="Signing in" about={ABOUT} scriptSrc={scriptSrc}>
      <h1>One moment …</h1>
      <p class="soft">You are taken to your organisation’s sign-in service.</p>
      <form method="post" action="/cti/login" id="go-on">
        <input type="hidden" name="handoff" value={handoffId} />
        <button class="button" type="submit">
          Go on
        </button>
      </form>
      <p class="note late">
        “Go on” does nothing? Then the page around the {ABOUT} restricts the windows of its frame. Its administrator has
        to add <code>allow-popups-to-escape-sandbox</code> to the frame’s <code>sandbox</code>.
      </p>
    </Page>
  );
}

export interface ConfirmPageProps {
  readonly number: string;
  readonly user: { readonly name: string; readonly email: string };
  readonly organisation: string;
}

export function ConfirmPage({ number, user, organisation }: ConfirmPageProps) {
  return (
    <Page title="Is this you?" about={ABOUT}>
      <h1>Does the {ABOUT} show this number?</h1>
      <p class="number">
        <strong>{number}</strong>
      </p>
      <dl>
        <dt>Signs in</dt>
        <dd>
          {user.name}, {user.email}
        </dd>
        <dt>Organisation</dt>
        <dd>{organisation}</dd>
      </dl>
      <form method="post">
        <input type="hidden" name="decision" value="confirm" />
        <button class="button" type="submit">
          Yes, sign in
        </button>
      </form>
      <form method="post">
        <input type="hidden" name="decision" value="refuse" />
        <button class="button second" type="submit">
          No, stop
        </button>
      </form>
      <p class="note">
        Press “No, stop” if you did not press “Sign in” in the {ABOUT} just now: somebody else may be trying to use your
        account.
      </p>
    </Page>
  );
}

export function ConfirmedPage({ scriptSrc }: { readonly scriptSrc: string }) {
  return (
    <Page title="Signed in" about={ABOUT} scriptSrc={scriptSrc}>
      <h1>You are signed in</h1>
      <p>You can close this window and go on in the {ABOUT}.</p>
    </Page>
  );
}
