/**
 * @module
 * The pixels of a screenshot.
 */
import type { Browser } from 'playwright-core';
import type { Pixels } from './write-png.js';

/** Chromium itself reads what it has painted. */
export async function readPixels(browser: Browser, picture: Buffer): Promise<Pixels> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const script = `(async () => {
    const picture = await createImageBitmap(await (await fetch('data:image/png;base64,${picture.toString('base64')}')).blob());
    const { width, height } = picture;
    const canvas = new OffscreenCanvas(width, height).getContext('2d');
    canvas.drawImage(picture, 0, 0);
    const { data } = canvas.getImageData(0, 0, width, height);
    let text = '';
    for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
    return { width, height, base64: btoa(text) };
  })()`;
  const { width, height, base64 } = (await page.evaluate(script)) as { width: number; height: number; base64: string };
  await context.close();
  return { width, height, rgba: Buffer.from(base64, 'base64') };
}
