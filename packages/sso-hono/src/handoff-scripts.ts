/**
 * @module
 * The scripts of the handoff's own pages, as text. Each page is whole without its script, but for the frame's start.
 */

/** The window's first page. Where a sandbox that it inherited forbids forms, the page stays and says so. */
export const WINDOW_SCRIPT = `'use strict';
document.getElementById('go-on').submit();
`;

export const CLOSE_SCRIPT = `'use strict';
window.close();
`;

/** Sentences for what the browser module rejects with; the server's codes have theirs on the window's own page. */
export const FRAME_START_SCRIPT = `'use strict';
import('/cti/sso.js').then(async ({ signIn, signOut, prepare, texts }) => {
  const element = (id) => document.getElementById(id);
  const button = element('sign-in');
  await prepare().catch(() => {});
  element('restricted').hidden = true;
  button.disabled = false;
  button.dataset.ready = 'true';
  button.addEventListener('click', async () => {
    element('problem').hidden = true;
    try {
      const { returnPath, survivesReload } = await signIn();
      if (survivesReload) return location.replace(returnPath);
      // What this page remembers, the next one would not know.
      await signOut();
      throw { code: 'cookie-blocked' };
    } catch ({ code, reference }) {
      element('problem-text').textContent = texts(code);
      element('problem-reference').hidden = reference === undefined;
      element('reference').textContent = reference || '';
      element('problem').hidden = false;
      button.focus();
    }
  });
});
`;
