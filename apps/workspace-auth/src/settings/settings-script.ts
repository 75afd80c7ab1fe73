/**
 * @module
 * The settings page's only script: copy buttons, and a reload when a proof that is under way has ended. Plain text for
 * the browser; the page is whole without it.
 */
export const SETTINGS_SCRIPT = `
'use strict';
for (const button of document.querySelectorAll('button[data-copy]')) {
  button.hidden = false;
  button.addEventListener('click', async () => {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Select and copy the text';
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
const running = document.querySelector('[data-authorisation]');
if (running) {
  const poll = async () => {
    try {
      const answer = await fetch(running.dataset.authorisation, { headers: { accept: 'application/json' } });
      if (answer.ok && (await answer.json()).status !== 'running') location.reload();
    } catch {}
  };
  setInterval(poll, 3000);
}
const provider = document.querySelector('select[data-several]');
if (provider) provider.addEventListener('change', () => { location.search = '?provider=' + encodeURIComponent(provider.value); });
`.trimStart();
