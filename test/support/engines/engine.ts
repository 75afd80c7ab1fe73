/**
 * @module
 * A browser of any engine, as far as the tests of a sign-in need one: pages, the frame in a page, and clicks that count
 * as a person's. Chromium has a richer driver of its own; this is for the engines that it says nothing about.
 */

/** Where an expression is evaluated: the page itself, or the first frame in it. */
export interface Place {
  readonly inFrame?: boolean;
}

export interface EnginePage {
  /** The engine's own name for the window. */
  readonly id: string;
  goto(url: string): Promise<void>;
  /** The value of an expression, which is JSON. Rejects while the page is on its way to another. */
  evaluate<Value>(expression: string, place?: Place): Promise<Value>;
  /** Clicks the element that an expression gives, as a person does. */
  click(expression: string, place?: Place): Promise<void>;
}

export interface EngineBrowser {
  /** All windows that are open, in no order. */
  pages(): Promise<readonly EnginePage[]>;
  close(): Promise<void>;
}

export interface EngineOptions {
  /** Port of a proxy on the loopback address that connections go through. */
  readonly proxyPort: number;
}

export interface Engine {
  readonly name: string;
  /** Its programs on this machine, or null when one is missing. */
  find(): readonly string[] | null;
  launch(options: EngineOptions): Promise<EngineBrowser>;
}

const WAIT_MS = 30_000;
const PAUSE_MS = 100;

/** Until the expression has a value that is true; no engine tells all of what is waited for here. */
export async function waitFor<Value>(page: EnginePage, expression: string, place?: Place): Promise<Value> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const value = await page.evaluate<Value>(expression, place).catch(() => null);
    if (value) return value;
    if (performance.now() > deadline) {
      const text = await page.evaluate<string>('location.href + "\\n" + document.body.innerText', place).catch(String);
      throw new Error(`Not seen within ${WAIT_MS / 1000} s: ${expression}\n${text}`);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** An expression for the button or link with this text, when it can be pressed. */
export const button = (text: string): string =>
  `[...document.querySelectorAll('button, a')].find((each) =>
    each.textContent.trim() === ${JSON.stringify(text)} && !each.disabled && each.getClientRects().length > 0)`;

/** Waits for a button and presses it. */
export async function press(page: EnginePage, text: string, place?: Place): Promise<void> {
  await waitFor(page, `${button(text)} !== undefined`, place);
  await page.click(button(text), place);
}

/** Waits for a text on the page. */
export async function see(page: EnginePage, text: string, place?: Place): Promise<void> {
  await waitFor(page, `document.body.innerText.includes(${JSON.stringify(text)})`, place);
}

/** Waits for a window beside the one that is known. */
export async function otherPage(browser: EngineBrowser, known: EnginePage): Promise<EnginePage> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const page = (await browser.pages()).find(({ id }) => id !== known.id);
    if (page !== undefined) return page;
    if (performance.now() > deadline) throw new Error('No window opened.');
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
