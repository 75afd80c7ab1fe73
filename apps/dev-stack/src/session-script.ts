/**
 * @module
 * What the pages with a simulated call have in common in the browser: they show how long the session lasts. Plain text
 * for the browser, to stand in front of a page's own script.
 */
export const SESSION_SCRIPT = `
'use strict';
const element = (id) => document.getElementById(id);
const clock = (time) => new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const span = (ms) => {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const two = (number) => String(number).padStart(2, '0');
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return (h > 0 ? h + ':' + two(m) : m) + ':' + two(s);
};
const tell = (text, button) => {
  const action = element('notice-action');
  element('notice-text').textContent = text;
  element('notice').hidden = text === '';
  action.hidden = button === undefined;
  action.textContent = button === undefined ? '' : button[0];
  action.onclick = button === undefined ? null : button[1];
};
const showEnd = (keeper) => {
  const { session } = keeper;
  const end = (time) => 'in ' + span(keeper.millisecondsUntil(time)) + ', at ' + clock(time);
  const isFixed = session.idleExpiresAt === session.absoluteExpiresAt;
  if (session.deferral) {
    element('ends').textContent = 'with the call';
    element('latest').textContent = end(session.deferral.until) + ', even if the call goes on';
  } else {
    element('ends').textContent = end(session.idleExpiresAt) + (isFixed ? '' : ', unless you keep working');
    element('latest').textContent = end(session.absoluteExpiresAt);
  }
};
`.trimStart();
