/**
 * @module
 * Finds a Chromium on this machine and starts it. Nothing is downloaded.
 */
import { accessSync, constants } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';

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

const ARGS = [
  // Containers and root have no sandbox; the pages are our own.
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface ChromiumOptions {
  /** Where connections to port 443 of any host go. Default: where they belong. */
  readonly httpsPort?: number;
}

export async function launchChromium(executablePath: string, options: ChromiumOptions = {}): Promise<Browser> {
  return chromium.launch({ executablePath, ...launchOptions(options) });
}

/**
 * A browser with a profile that has settings of its own, in `folder`. The contexts of {@link launchChromium} are
 * incognito windows, in which Chromium blocks the cookies of third parties.
 *
 * @param preferences - as Chromium keeps them in its file `Preferences`
 */
export async function launchProfile(
  executablePath: string,
  { folder, preferences, ...options }: ChromiumOptions & { readonly folder: string; readonly preferences: object },
): Promise<BrowserContext> {
  await mkdir(join(folder, 'Default'), { recursive: true });
  await writeFile(join(folder, 'Default', 'Preferences'), JSON.stringify(preferences));
  return chromium.launchPersistentContext(folder, {
    executablePath,
    ignoreHTTPSErrors: true,
    ...launchOptions(options),
  });
}

function launchOptions({ httpsPort }: ChromiumOptions) {
  if (httpsPort === undefined) return { args: ARGS };
  return {
    args: [...ARGS, `--host-resolver-rules=MAP *:443 127.0.0.1:${httpsPort}`],
    // Where windows matter, they open as for everybody: from a click.
    ignoreDefaultArgs: ['--disable-popup-blocking'],
  };
}
