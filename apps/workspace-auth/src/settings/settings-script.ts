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
for (const button of document.querySelectorAll('button[data-copy-from]')) {
  button.hidden = false;
  const label = button.textContent;
  button.addEventListener('click', async () => {
    const load = async () => {
      const answer = await fetch(button.dataset.copyFrom);
      if (!answer.ok) throw new Error(String(answer.status));
      return answer.text();
    };
    try {
      // Given a promise, the clipboard still counts the click after the answer has come.
      if (window.ClipboardItem) {
        const text = load().then((content) => new Blob([content], { type: 'text/plain' }));
        await navigator.clipboard.write([new ClipboardItem({ 'text/plain': text })]);
      } else await navigator.clipboard.writeText(await load());
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Download it instead';
    }
    setTimeout(() => { button.textContent = label; }, 2000);
  });
}
// A page that comes back from the browser's memory has forms that were sent already.
addEventListener('pageshow', (event) => { if (event.persisted) location.reload(); });
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
