import type { AdapterRequest } from './adapter-context.js';

/** The body; undefined, which no schema accepts, for what is no JSON. A body that is too long is no such thing. */
export async function readJson(c: AdapterRequest): Promise<unknown> {
  const text = await c.req.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
