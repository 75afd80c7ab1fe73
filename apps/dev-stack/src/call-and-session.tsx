/**
 * @module
 * What the pages of the Agent Toolbar and of the softphone have in common: a simulated call, and the session that waits
 * for it. Their scripts fill them in.
 */
import type { Child } from 'hono/jsx';

/** The button works as soon as a script enables it. */
export function CallSection({ isEnabled = false }: { readonly isEnabled?: boolean }) {
  return (
    <section aria-labelledby="call-title">
      <h2 id="call-title">Call</h2>
      <p id="call-state" role="status">
        No call.
      </p>
      <button class="button" type="button" id="call" disabled={!isEnabled}>
        Start a call
      </button>
    </section>
  );
}

/** `facts` are terms and descriptions; `children` stand below them. */
export function SessionSection({ facts, children }: { readonly facts: Child; readonly children?: Child }) {
  return (
    <section aria-labelledby="session-title">
      <h2 id="session-title">Session</h2>
      <div class="note" id="notice" role="status" hidden>
        <p id="notice-text" />
        <button class="button second" type="button" id="notice-action" hidden />
      </div>
      <dl>
        {facts}
        <dt>At the latest</dt>
        <dd id="latest">…</dd>
      </dl>
      {children}
    </section>
  );
}
