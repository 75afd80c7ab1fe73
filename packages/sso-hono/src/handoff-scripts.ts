/**
 * @module
 * The scripts of the handoff's own pages, as text. Each page is whole without its script, but for the frame's start.
 */

/** The window's first page. In a sandbox that it inherited it has no origin, and its form would be refused. */
export const WINDOW_SCRIPT = `'use strict';
const text = document.querySelector('p.soft');
if (self.origin === 'null') {
  document.getElementById('go-on').hidden = true;
  document.querySelector('h1').textContent = 'This window is restricted';
  text.textContent = 'The page that shows the CTI Adaptor does not let it open a sign-in window. Ask its administrator to add allow-popups-to-escape-sandbox to the frame.';
} else document.getElementById('go-on').submit();
`;

export const CLOSE_SCRIPT = `'use strict';
window.close();
`;

/** Sentences for what the browser module rejects with; the server's codes have theirs on the window's own page. */
export const FRAME_START_SCRIPT = `'use strict';
import('/cti/sso.js').then(async ({ signIn, prepare, texts }) => {
  const element = (id) => document.getElementById(id);
  const button = element('sign-in');
  await prepare().catch(() => {});
  button.disabled = false;
  button.dataset.ready = 'true';
  button.addEventListener('click', async () => {
    element('problem').hidden = true;
    try {
      const { returnPath } = await signIn();
      location.replace(returnPath);
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
