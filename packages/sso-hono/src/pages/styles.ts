/**
 * @module
 * The one style sheet of all pages. It is written into each page and allowed by its hash, so that a page is one
 * request and the policy needs no exception.
 */

import { SETTINGS_STYLES } from './settings-styles.js';

export const STYLES = `
:root{color-scheme:light dark;--page:#eef1f6;--card:#fff;--text:#16202e;--soft:#4d5b70;--line:#d5dce6;--accent:#0b5cad;--on-accent:#fff;--accent-strong:#084785;--focus:#0b5cad;--note:#f3f6fa;--alert:#a3271b}
@media (prefers-color-scheme:dark){:root{--page:#0e141d;--card:#18212e;--text:#eef2f7;--soft:#aeb9c8;--line:#334155;--accent:#7db7f2;--on-accent:#0b1624;--accent-strong:#a5cdf7;--focus:#a5cdf7;--note:#202b3a;--alert:#ff9d92}}
*{box-sizing:border-box}
[hidden]{display:none!important}
html{font:100%/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;background:var(--page);color:var(--text)}
main{flex:1;display:flex;align-items:center;justify-content:center;padding:1.5rem 1rem}
.card{width:100%;max-width:26rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:2rem;box-shadow:0 1px 2px rgb(15 23 42/.06),0 8px 24px rgb(15 23 42/.06)}
.wide{max-width:40rem}
.brand{display:flex;align-items:baseline;gap:.5rem;margin:0 0 1.5rem;font-size:.9375rem;color:var(--soft)}
.brand b{font-size:1.0625rem;letter-spacing:-.01em;color:var(--text)}
h1{margin:0 0 .5rem;font-size:1.5rem;line-height:1.25;letter-spacing:-.015em;overflow-wrap:anywhere}
p{margin:0 0 1rem}
.soft{color:var(--soft)}
.button{display:block;width:100%;padding:.75rem 1rem;border:1px solid transparent;border-radius:.5rem;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
.button:hover{background:var(--accent-strong)}
.button.second{background:transparent;border-color:var(--line);color:var(--text)}
.button.second:hover{background:var(--note)}
.button+.button,form+.button,.button+form,form+form{margin-top:.75rem}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
.note{margin:1.5rem 0 0;padding:.875rem 1rem;border-radius:.5rem;background:var(--note);font-size:.9375rem}
.note p:last-child{margin:0}
.late{animation:late 0s 4s backwards}
@keyframes late{from{visibility:hidden}}
.reference{font:600 1.125rem/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;letter-spacing:.06em;user-select:all}
.reference-label{display:block;font-size:.875rem;color:var(--soft)}
.number{margin:0 0 1rem;font-size:2.5rem;line-height:1.2;letter-spacing:.1em}
details{margin-top:1.5rem;font-size:.9375rem;color:var(--soft)}
summary{cursor:pointer;padding:.25rem 0}
details p{margin:.5rem 0 0}
dl{display:grid;grid-template-columns:auto 1fr;gap:.375rem 1rem;margin:0 0 1.5rem}
.note:not([hidden])+dl{margin-top:1.25rem}
section+form{margin-top:.75rem}
dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
nav ul{list-style:none;margin:0 0 1.5rem;padding:0;display:flex;flex-wrap:wrap;gap:.5rem 1rem}
footer{padding:1rem;text-align:center;font-size:.8125rem;color:var(--soft)}
@media (max-width:24rem){.card{padding:1.25rem}h1{font-size:1.3125rem}main{padding:.75rem}dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.5rem}}
@media (forced-colors:active){.button{border-color:ButtonText}}
${SETTINGS_STYLES}`.trim();
