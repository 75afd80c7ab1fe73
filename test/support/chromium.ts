/**
 * @module
 * Finds a Chromium on this machine and starts it. Nothing is downloaded.
 */
import { accessSync, constants } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

export const NO_CHROMIUM =
  'No Chromium was found, so the tests in a real browser were left out. Install it (Debian: apt-get install chromium) or name it in SSO_TEST_CHROMIUM.';

/** Path of the browser: `SSO_TEST_CHROMIUM`, else one of the usual places; null when there is none. */
export function findChromium(): string | null {
  const named = process.env.SSO_TEST_CHROMIUM;
  return [...(named === undefined || named === '' ? [] : [named]), ...PLACES].find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export async function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    args: [
      // Containers and root have no sandbox; the pages are our own.
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
